import { chooseModels, openEmbeddings } from '../compose-models.ts';
import { embeddedDataDir, readConfig } from '../config.ts';
import { embedAgain } from '../ingest/ingest.ts';
import { reembed } from '../knowledge/reembed.ts';
import { showCount, tell, writeJson } from './terminal.ts';

/** `assay reembed`: all vectors anew with the embedding model that the settings name, also while a service runs. */
export async function reembedAll(options: { json?: boolean } = {}) {
  const config = readConfig();
  const { embedding } = chooseModels(config.models);
  const bar = showCount('Re-embedding');
  const { passages, taken } = await reembed({
    dataDir: embeddedDataDir(config),
    embeddingModel: embedding,
    embed: embedAgain(await openEmbeddings(config, embedding)),
    onProgress: bar.update,
  }).finally(bar.end);
  if (options.json) return writeJson({ embeddingModel: embedding, passages, taken });
  tell(
    taken
      ? `${passages} passages now have vectors of ${embedding}.`
      : `${passages} passages have vectors of ${embedding} waiting. The store is in use with the old ones: ` +
          'start its service anew with these settings, and it takes them.',
  );
}
