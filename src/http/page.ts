import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { weightOf } from './accept.ts';
import type { About } from './health.ts';

const page = new URL('../page/', import.meta.url);
const packages = new URL('../../node_modules/', import.meta.url);

/** The libraries of the page, by their name under `/assets/vendor/`, as in the import map of index.html. */
const vendor: Record<string, string> = {
  'preact.mjs': 'preact/dist/preact.mjs',
  'hooks.mjs': 'preact/hooks/dist/hooks.mjs',
  'htm.mjs': 'htm/dist/htm.mjs',
  'htm-preact.mjs': 'htm/preact/index.mjs',
  'marked.mjs': 'marked/lib/marked.esm.js',
  'purify.mjs': 'dompurify/dist/purify.es.mjs',
};

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
};

const encoders = {
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 9 }),
};
type Encoding = keyof typeof encoders;

/** A file of the page, in memory. `encoded` holds its compressed forms, made when the first client asks for them. */
type Asset = { type: string; bytes: Buffer; tag: string; encoded: Partial<Record<Encoding, Promise<Buffer>>> };

/**
 * `GET /`: the page, for clients that take HTML; a few lines of text for others. `/assets/…`: the files of the page,
 * listed at the start, so that no URL is ever looked up in the file system.
 */
export const pageRoutes: FastifyPluginAsyncZod<{ about: About }> = async (app, { about }) => {
  const index = readAsset(new URL('index.html', page));
  const policy = contentSecurityPolicy(index.bytes.toString());
  const text = aboutText(about);
  app.get('/', { schema: { hide: true } }, async (request, reply) => {
    reply.header('vary', 'accept, accept-encoding');
    if (!/\btext\/html\b/.test(request.headers.accept ?? '')) return reply.type('text/plain; charset=utf-8').send(text);
    reply.headers({ 'content-security-policy': policy, 'referrer-policy': 'no-referrer' });
    return sendAsset(index, request, reply);
  });
  const own = readdirSync(page).filter((name) => /\.(css|js|json|svg)$/.test(name) && name !== 'tsconfig.json');
  const assets = [
    ...own.map((name) => [name, new URL(name, page)] as const),
    ...Object.entries(vendor).map(([name, path]) => [`vendor/${name}`, new URL(path, packages)] as const),
  ];
  for (const [name, file] of assets) {
    const asset = readAsset(file);
    app.get(`/assets/${name}`, { schema: { hide: true } }, async (request, reply) => {
      reply.header('vary', 'accept-encoding');
      return sendAsset(asset, request, reply);
    });
  }
};

/**
 * The policy of the page: nothing from elsewhere, nothing inline but the import map, which is named by its hash; no
 * frame around the page, and no form that a browser would send by itself.
 */
function contentSecurityPolicy(html: string): string {
  const importMap = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html)![1]!;
  const hash = createHash('sha256').update(importMap).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function readAsset(file: URL): Asset {
  const extension = /\.(\w+)$/.exec(file.pathname)![1]!;
  // Source maps are not served: without this line, developer tools don't look for one.
  const bytes = /^m?js$/.test(extension)
    ? Buffer.from(readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, ''))
    : readFileSync(file);
  const tag = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  return { type: types[extension]!, bytes, tag, encoded: {} };
}

/** Sends a file in the best encoding that the client takes, or 304 if the client has it. */
async function sendAsset(asset: Asset, request: FastifyRequest, reply: FastifyReply) {
  const encoding = (['br', 'gzip'] as const).find((name) => weightOf(request.headers['accept-encoding'], name) > 0);
  const etag = `"${asset.tag}${encoding ? `-${encoding}` : ''}"`;
  // Browsers check each time and are sent only what has changed: a new version never meets modules of an old one.
  reply.headers({ etag, 'cache-control': 'no-cache' });
  if (request.headers['if-none-match'] === etag) return reply.status(304).send();
  reply.type(asset.type);
  if (!encoding) return reply.send(asset.bytes);
  asset.encoded[encoding] ??= encoders[encoding](asset.bytes);
  return reply.header('content-encoding', encoding).send(await asset.encoded[encoding]);
}

/** What this is, for whoever asks from a terminal. */
function aboutText({ models, versions }: About): string {
  const answers =
    models.provider === 'embedded'
      ? 'No language model is configured: answers quote the documents.'
      : `Answers: ${models.chat}.`;
  return [
    `Assay ${versions.assay}: questions answered from your documents, each answer with a verdict.`,
    answers,
    '',
    'GET  /               the page for people, in a browser',
    'POST /ask            {"question": "…"}',
    'GET  /docs           every route, to read and to try',
    'GET  /openapi.json   the same for machines',
    '',
  ].join('\n');
}
