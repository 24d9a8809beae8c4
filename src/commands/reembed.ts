import { chooseModels, openEmbeddings } from '../compose-models.ts';
import { embeddedDataDir, readConfig } from '../config.ts';
import { counted } from '../counted.ts';
import { embedAgain } from '../ingest/ingest.ts';
import { waitAtLimits } from '../ingest/wait-at-limits.ts';
import { reembed } from '../knowledge/reembed.ts';
import { showCount, tell, tellOfWait, writeJson } from './terminal.ts';

/** `assay reembed`: makes all vectors anew with the settings' embedding model, also while a service runs. */
export async function reembedAll(options: { json?: boolean } = {}) {
  const config = readConfig();
  const { embedding } = chooseModels(config.models);
  const bar = showCount('Re-embedding');
  const { passages, taken } = await reembed({
    dataDir: embeddedDataDir(config),
    embeddingModel: embedding,
    embed: embedAgain(waitAtLimits(await openEmbeddings(config, embedding), { onWait: tellOfWait })),
    onProgress: bar.update,
  }).finally(bar.end);
  if (options.json) return writeJson({ embeddingModel: embedding, passages, taken });
  tell(
    taken
      ? `Re-embedded ${counted(passages, 'passage')} with ${embedding}.`
      : `Re-embedded ${counted(passages, 'passage')} with ${embedding}. A service still uses the old vectors: ` +
          'restart it with these settings, and it takes the new ones.',
  );
}
