import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type ApiKey, parseKeys } from './api-key.ts';

// How the values of settings are read, which come without white space around them and are never empty. What is wrong
// with one is told without the value.

export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`));
export const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');
export const logLevel = z.enum(
  ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
  'must be fatal, error, warn, info, debug, trace or silent',
);
export const text = z.string();
export const host = text.refine(
  (value) => isIP(value) !== 0 || /^[\w.-]+$/.test(value),
  'must be an address or the name of a host, without scheme, port or brackets',
);
/** Only shells know what `~` stands for: from `.env`, it would name a folder of that name, which is dangerous to remove. */
export const folder = text
  .refine((path) => !/^~(\/|$)/.test(path), 'must be written out, since ~ means your home only to a shell')
  .transform((path) => resolve(path));
/** A folder that comes with Assay: the one of this name in the working directory, or else in Assay's own folder. */
export const suppliedFolder = (name: string) =>
  folder.prefault(() => (existsSync(name) ? name : fileURLToPath(new URL(`../${name}`, import.meta.url))));
export const httpUrl = text.pipe(z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }));
/** Other programs take `proxy.example:3128` for an address as well. */
export const proxyUrl = text
  .transform((value) => (value.includes('://') ? value : `http://${value}`))
  .pipe(z.url({ protocol: /^(?:https?|socks5)$/, error: 'must be an http, https or socks5 URL' }));

/** `20 MiB`, `512 KiB` or plain bytes, as a number of bytes. */
export const bytes = z
  .string()
  .regex(/^\d{1,12}\s*(B|KiB|MiB|GiB)?$/, 'must be a size such as 20 MiB')
  .transform((value) => {
    const [, amount, unit = 'B'] = /^(\d+)\s*(\w+)?$/.exec(value)!;
    return Number(amount) * { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }[unit]!;
  })
  .pipe(
    z
      .number()
      .min(1024, 'must be at least 1 KiB')
      .max(2 ** 30, 'must be at most 1 GiB'),
  );

/** `30d`, `12h`, `90m` or `0`, as a number of milliseconds. */
export const duration = z
  .string()
  .regex(/^(0|\d{1,5}\s*[dhm])$/, 'must be 0 or a time such as 30d, 12h or 90m')
  .transform((value) => {
    const [, amount, unit = 'm'] = /^(\d+)\s*(\w)?$/.exec(value)!;
    return Number(amount) * { m: 60_000, h: 3_600_000, d: 86_400_000 }[unit]!;
  });

/** A number from 0 to 1. */
export const share = z
  .string()
  .regex(/^(?:0|1|1\.0+|0?\.\d{1,6})$/, 'must be a number from 0 to 1')
  .transform(Number);

export const apiKeys = z.string().transform((value, context): ApiKey[] => {
  const { keys, problems } = parseKeys(value);
  for (const problem of problems) context.addIssue(problem);
  // Without this, a service whose keys were lost on the way would be open to all.
  if (keys.length + problems.length === 0) context.addIssue('holds no key');
  return keys;
});

export const origins = z.string().transform((value, context): string[] => {
  const all = value.split(',').map((each) => each.trim());
  if (all.some((each) => !/^https?:/.test(each) || URL.parse(each)?.origin !== each))
    context.addIssue('must be origins such as https://app.example.com, separated by commas');
  return all;
});

/** IP addresses and networks in CIDR notation, but not the network of all addresses. */
export const networks = z.string().transform((value, context): string[] => {
  const all = value.split(',').map((each) => each.trim());
  const isNetwork = (each: string) => {
    const [, address, prefix] = /^([^/]+)(?:\/([1-9]\d{0,2}))?$/.exec(each) ?? [];
    const version = isIP(address ?? '');
    return version !== 0 && Number(prefix ?? 1) <= (version === 4 ? 32 : 128);
  };
  if (!all.every(isNetwork))
    context.addIssue('must be addresses or networks such as 10.0.0.0/8, separated by commas; not all there are');
  return all;
});

/** The URL of a Redis, with its password and the number of its database if it has them. */
export const redisUrl = text.refine((value) => {
  const { protocol, hostname, pathname, search, hash } = URL.parse(value) ?? {};
  return (
    /^rediss?:$/.test(protocol ?? '') && hostname && /^(\/\d{0,4})?$/.test(pathname!) && search === '' && hash === ''
  );
}, 'must be a redis or rediss URL such as redis://127.0.0.1:6379');

/** The URLs of one cluster's nodes, without a password, query or fragment. */
export const endpoints = z.string().transform((value, context): string[] => {
  const all = value.split(',').map((each) => each.trim());
  if (all.some((each) => !/^https?:/.test(each) || !URL.canParse(each) || /[@?#]/.test(each)))
    context.addIssue('must be http or https URLs, separated by commas');
  return all;
});
