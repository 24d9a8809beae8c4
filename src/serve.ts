import { existsSync } from 'node:fs';
import { buildApp } from './app.ts';
import { ingestAtStart } from './commands.ts';
import { compose, type Parts } from './compose.ts';
import { type Config, readConfig, readKeysFile } from './config.ts';
import { AppError } from './errors.ts';

/**
 * Serves until told to stop: reads the settings, composes, listens; on SIGTERM or SIGINT takes no more, finishes what it has
 * taken, and ends. On SIGHUP it reads `API_KEYS_FILE` again and ingests `CORPUS_DIR` anew.
 * @param options.ingestCorpus ingests `CORPUS_DIR` into the default collection first
 */
export async function serve(options: { ingestCorpus?: boolean } = {}) {
  const onTerminal = process.stdout.isTTY === true;
  const config = readConfig();
  const parts = await compose(config, { serving: true, ...(onTerminal && { logTo: 'terminal' }) });
  try {
    if (options.ingestCorpus) {
      if (existsSync(config.corpusDir)) await ingestAtStart(parts, config.corpusDir);
    }
    const app = await buildApp(parts);
    const address = await app.listen({ host: config.host, port: config.port });
    announce(address, parts.about.models.chat, config.apiKeys.length > 0);
    parts.logger.info({ ...parts.about, address }, 'listening');
    process.on('SIGHUP', () => {
      takeKeys(config, parts);
      void parts.jobs.start('default').then(({ id }) => parts.logger.info({ jobId: id }, 'ingesting CORPUS_DIR anew'));
    });
    const signal = await new Promise<string>((resolve) => {
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
    });
    parts.logger.info({ signal }, 'stopping: finishing what has begun');
    await app.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new AppError('BAD_SETTINGS', `PORT: ${config.port} is in use on ${config.host}; set PORT to another.`, {
        cause: error,
      });
    throw error;
  } finally {
    await parts.close();
  }
}

/** Puts the keys that `API_KEYS_FILE` holds now in the place of those in use; a file with a fault changes nothing. */
function takeKeys({ apiKeysFile }: Config, { keyring, logger }: Parts) {
  if (apiKeysFile === undefined) return;
  const { keys, problems } = readKeysFile(apiKeysFile);
  if (problems.length > 0)
    return logger.error({ problems }, 'API_KEYS_FILE can not be used; the keys stay as they were');
  keyring.replace(keys);
  logger.info({ keys: keys.length }, 'took the keys of API_KEYS_FILE');
}

/** What a newcomer needs to know, on the terminal. */
function announce(address: string, chatModel: string | null, needsKey: boolean) {
  const key = needsKey ? " -H 'authorization: Bearer <key>'" : '';
  const lines = [
    '',
    `Assay listens on ${address}`,
    chatModel === null
      ? 'No language model is configured: answers are quoted from the documents, and a small classifier gives the verdict.\n' +
        'Set OPENAI_BASE_URL or OPENAI_API_KEY to have a model answer.'
      : `${chatModel} answers.`,
    '',
    'Ask it something:',
    `  curl -s ${address}/ask -H 'content-type: application/json'${key} -d '{"question":"How many epochs did the training of the digit network take?"}'`,
    '',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}
