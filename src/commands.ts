import { AskRequest } from './chain/reply.ts';
import { collectionName } from './collection-name.ts';
import { compose, type Parts } from './compose.ts';
import { chooseModels, openEmbeddings } from './compose-models.ts';
import { embeddedDataDir, readConfig } from './config.ts';
import { AppError } from './errors.ts';
import { embedAgain } from './ingest/ingest.ts';
import { ingestPaths } from './ingest/ingest-paths.ts';
import { reembed } from './knowledge/reembed.ts';
import { showCount, tell, tellIngest } from './terminal.ts';

async function withParts<T>(work: (parts: Parts) => Promise<T>) {
  const parts = await compose({ ...readConfig(), logLevel: 'warn' }, { logTo: 'terminal' });
  try {
    return await work(parts);
  } finally {
    await parts.close();
  }
}

/** Ingests files and folders with a progress bar, and says how it went. */
export async function ingestWithProgress(parts: Parts, paths: string[], collection: string) {
  const bar = showCount('Ingesting');
  const progress = await ingestPaths({
    paths,
    ingestFile: (path, source) => parts.ingestFile(collection, path, source),
    onProgress: ({ done, files }) => bar.update(done, files),
  }).finally(bar.end);
  tellIngest(progress);
  return progress;
}

/** `assay ingest PATH…`; the exit code is 1 where a file was skipped. */
export async function ingest(paths: string[], options: { collection: string }) {
  const collection = collectionName.safeParse(options.collection);
  if (!collection.success) throw new AppError('BAD_INPUT', `--collection ${collection.error.issues[0]!.message}`);
  await withParts(async (parts) => {
    await parts.knowledge.createCollection(collection.data);
    const { skipped } = await ingestWithProgress(parts, paths, collection.data);
    if (skipped > 0) process.exitCode = 1;
  });
}

/** `assay ask "…"`: the answer, its verdict and where it stands, or the reply as JSON. */
export async function ask(question: string, options: { collection: string; json?: boolean }) {
  const request = AskRequest.safeParse({ question, collection: options.collection });
  if (!request.success) throw new AppError('BAD_INPUT', request.error.issues.map(({ message }) => message).join('; '));
  const reply = await withParts((parts) => parts.conductAsk(request.data));
  if (options.json) return void process.stdout.write(`${JSON.stringify(reply, null, 2)}\n`);
  const { answer, verdict, context } = reply;
  const score = verdict.score === null ? '' : ` (${verdict.score.toFixed(2)})`;
  const lines = [answer, '', `${verdict.label}${score}: ${verdict.reason}`];
  for (const { quote, passageId } of verdict.evidence)
    lines.push(`  “${quote.replace(/\s+/g, ' ')}” — ${context.find(({ id }) => id === passageId)?.source}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** `assay reembed`: all vectors anew with the embedding model that the settings name, also while a service runs. */
export async function reembedAll() {
  const config = readConfig();
  const { embedding } = chooseModels(config.models);
  const bar = showCount('Re-embedding');
  const { passages, taken } = await reembed({
    dataDir: embeddedDataDir(config),
    embeddingModel: embedding,
    embed: embedAgain(await openEmbeddings(config, embedding)),
    onProgress: bar.update,
  }).finally(bar.end);
  tell(
    taken
      ? `${passages} passages now have vectors of ${embedding}.`
      : `${passages} passages have vectors of ${embedding} waiting. The store is in use with the old ones: ` +
          'start its service anew with these settings, and it takes them.',
  );
}
