import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { readKeysFile } from './api-key.ts';
import { buildApp } from './app.ts';
import { ingestOnce, ingestWithProgress } from './commands/ingest.ts';
import { compose, type Parts } from './compose.ts';
import { type Config, readConfig } from './config.ts';
import { AppError } from './errors.ts';
import type { HangUps } from './hang-ups.ts';
import { createSecondListener } from './http/connections.ts';
import { watchScriptRunner } from './script-runner.ts';

/**
 * Serves until told to stop: reads the settings, composes, listens; on SIGTERM or SIGINT takes no new requests,
 * finishes those under way, and ends. On SIGHUP it reads `API_KEYS_FILE` again, and ingests `CORPUS_DIR` anew if it did at
 * the start or the folder was named; but if its terminal was closed, which also sends SIGHUP, it ends.
 * @param hangUps the SIGHUPs so far and to come
 * @param options.ingestCorpus ingests `CORPUS_DIR` into the default collection first; until then `/health/ready` says
 * that it isn't ready
 * @throws AppError BAD_SETTINGS for settings that can't be used; what `compose` throws
 */
export async function serve(hangUps: HangUps, options: { ingestCorpus?: boolean } = {}) {
  const onTerminal = process.stdout.isTTY === true;
  const config = readConfig();
  const parts = await compose(config, { serving: true, ...(onTerminal && { logTo: 'terminal' }) });
  const stopping = new AbortController();
  const told = Promise.withResolvers<string>();
  // Whoever signals a whole process group, as `timeout` does, may send SIGTERM twice. A second Ctrl-C ends it at once.
  process.on('SIGTERM', told.resolve).once('SIGINT', told.resolve);
  void told.promise.then(() => stopping.abort(new AppError('NOT_READY', 'The service is stopping.')));
  let awaited: string | null = 'The service is starting.';
  try {
    const app = await buildApp(parts, () => awaited);
    const others: Server[] = [];
    try {
      const address = await listen(app, config, others).catch((error) => {
        throw toListenFailure(error, config);
      });
      parts.logger.info({ ...parts.about, address }, 'listening');
      const spareRunner = watchScriptRunner(() => told.resolve('SIGTERM'));
      hangUps.listen(() => {
        spareRunner();
        if (onTerminal && !isatty(1)) return told.resolve('SIGHUP');
        takeKeys(config, parts);
        // Who only changes keys must not get the sample documents, which are in the folder that is CORPUS_DIR by default.
        if (!options.ingestCorpus && !config.corpusDirIsGiven) return parts.logger.info('CORPUS_DIR is left alone');
        void parts.jobs
          .start('default')
          .then(({ id }) => parts.logger.info({ jobId: id }, 'ingesting CORPUS_DIR anew'))
          .catch((error: AppError) => parts.logger.warn({ code: error.code }, 'CORPUS_DIR is not ingested anew'));
      });
      const tell = (what: string) => {
        awaited = what;
      };
      await untilThere(parts.openStore, stopping.signal, (code, againInMs) => {
        tell('Waiting for Weaviate, which does not reply.');
        parts.logger.warn({ code, againInMs }, 'waiting for Weaviate, which does not reply');
      });
      if (options.ingestCorpus && existsSync(config.corpusDir))
        await ingestAtStart(parts, config.corpusDir, stopping.signal, tell);
      else if (options.ingestCorpus)
        parts.logger.warn({ corpusDir: config.corpusDir }, 'CORPUS_DIR does not exist, so nothing is ingested');
      awaited = null;
      if (!stopping.signal.aborted) void announce(address, parts, config.apiKeys.length > 0);
      parts.logger.info({ signal: await told.promise }, 'stopping: finishing what has begun');
    } finally {
      const closed = others.map((other) => new Promise((resolve) => other.close(resolve)));
      await Promise.all([app.close(), ...closed]);
    }
  } finally {
    await parts.close();
  }
}

/**
 * Listens; for the host `localhost`, on each of its addresses, since some clients take the first and some the second.
 * @param others gets the servers for the addresses after the first
 * @returns the URL of the first
 */
async function listen(app: Awaited<ReturnType<typeof buildApp>>, { host, port }: Config, others: Server[]) {
  const found = host === 'localhost' ? await lookup(host, { all: true }) : [{ address: host }];
  const [first, ...further] = new Set(found.map(({ address }) => address));
  const url = await app.listen({ host: first!, port });
  for (const address of further) {
    const other = createSecondListener(app.server).listen({
      host: address,
      port: (app.server.address() as AddressInfo).port,
    });
    try {
      await once(other, 'listening');
      others.push(other);
      app.log.info({ address }, 'listening there too');
    } catch (error) {
      // A name may have addresses that are switched off, such as all of IPv6.
      if (!['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return url;
}

/** A failure to listen, as a fault of a setting. */
function toListenFailure(error: NodeJS.ErrnoException, { host, port }: Config): Error {
  const fail = (words: string) => new AppError('BAD_SETTINGS', words, { cause: error });
  if (error.code === 'EADDRINUSE') return fail(`PORT: ${port} is in use on ${host}; set PORT to another.`);
  if (error.code === 'EACCES') return fail(`PORT: ${port} may not be listened on; set PORT to one above 1023.`);
  const isNoAddress = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(error.code ?? '');
  if (isNoAddress || error.syscall === 'getaddrinfo')
    return fail(`HOST: ${host} is no address of this machine; 127.0.0.1 is, and 0.0.0.0 stands for all.`);
  return error;
}

/** How long to wait before trying again at the start, in milliseconds, doubled each time up to the most. */
const pauseMs = { first: 1_000, most: 10_000 };

/**
 * Does work that may need something which isn't up yet, trying again until it succeeds or the signal fires.
 * @param onWait is told the code of what is missing, and in how many milliseconds it is tried again
 * @throws what waiting doesn't mend, such as MODEL_REJECTED, unless the signal has fired
 */
async function untilThere(
  work: () => Promise<unknown>,
  signal: AbortSignal,
  onWait: (code: 'MODEL_UNAVAILABLE' | 'NOT_READY', againInMs: number) => void,
) {
  for (let pause = pauseMs.first; !signal.aborted; pause = Math.min(pauseMs.most, pause * 2)) {
    try {
      await work();
      return;
    } catch (error) {
      if (signal.aborted) return;
      const code = error instanceof AppError ? error.code : 'INTERNAL';
      if (code !== 'MODEL_UNAVAILABLE' && code !== 'NOT_READY') throw error;
      onWait(code, pause);
      await delay(pause, undefined, { signal }).catch(() => {}); // the signal ends it
    }
  }
}

/** Ingests the corpus of a service that has just started; a model server or a store that can't be reached yet is waited for. */
async function ingestAtStart(parts: Parts, corpusDir: string, signal: AbortSignal, tell: (awaited: string) => void) {
  tell('The documents of CORPUS_DIR are being ingested.');
  const work = () =>
    parts.shared ? ingestOnce(parts, signal) : ingestWithProgress(parts, [corpusDir], 'default', { signal });
  await untilThere(work, signal, (code, againInMs) => {
    const what = code === 'NOT_READY' ? 'the store' : "the embedding model's server";
    tell(`The documents of CORPUS_DIR can't be ingested yet: waiting for ${what}.`);
    parts.logger.warn({ code, againInMs }, 'the documents of CORPUS_DIR cannot be ingested yet');
  });
}

/** Takes the keys that `API_KEYS_FILE` holds now; a file with a fault changes nothing. */
function takeKeys({ apiKeysFile }: Config, { keyring, logger }: Parts) {
  if (apiKeysFile === undefined) return;
  const { keys, problems } = readKeysFile(apiKeysFile);
  if (problems.length > 0)
    return logger.error({ problems }, 'API_KEYS_FILE cannot be used; the keys stay as they were');
  keyring.replace(keys);
  logger.info({ keys: keys.length }, 'took the keys of API_KEYS_FILE');
}

/** A document of the sample corpus, and a question that it answers. */
const sample = {
  source: 'neuron-state-anomalies.md',
  question: 'How many epochs did the training of the digit network take?',
};

/** What a store holds, for the words at the start; a shared one that doesn't reply just then is no reason not to serve. */
async function look(knowledge: Parts['knowledge']) {
  try {
    const [{ documents }, found] = await Promise.all([
      knowledge.stats(),
      knowledge.findSource('default', sample.source),
    ]);
    return { isEmpty: documents === 0, hasSample: found !== null };
  } catch {
    return { isEmpty: false, hasSample: false };
  }
}

/** Writes what a newcomer needs to know, and a command to try next, on the terminal. */
async function announce(address: string, { about, knowledge }: Parts, needsKey: boolean) {
  const { chat } = about.models;
  const { isEmpty, hasSample } = await look(knowledge);
  const key = needsKey ? " -H 'authorization: Bearer <key>'" : '';
  const question = JSON.stringify({ question: hasSample ? sample.question : 'Your question' });
  const lines = [
    '',
    `Assay listens on ${address}`,
    chat === null
      ? 'No language model is configured: answers are quoted from the documents, and a small classifier gives the verdict.\n' +
        'Set OPENAI_BASE_URL or OPENAI_API_KEY to have a model answer.'
      : `${chat} answers.`,
    '',
    ...(isEmpty
      ? [
          'It holds no documents yet. Add some on its page, or so:',
          `  curl -s ${address}/documents${key} -F files=@your-file.pdf`,
        ]
      : ['Ask it something:', `  curl -s ${address}/ask -H 'content-type: application/json'${key} -d '${question}'`]),
    '',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}
