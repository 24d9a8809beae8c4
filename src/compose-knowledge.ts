import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { Config } from './config.ts';
import { embedAgain } from './ingest/ingest.ts';
import { startKnowledge } from './knowledge/client.ts';
import { type Openable, openLater } from './knowledge/open-later.ts';
import { takeReembedded } from './knowledge/reembed.ts';

/**
 * Opens the store that the settings name: the embedded one, which is open then, or Weaviate, which `open` must still
 * open. If embeddings are given, the embedded store first takes the vectors that `assay reembed` has made for this
 * model.
 * @throws AppError NOT_READY where it can't be opened, as does `open`; that also BAD_SETTINGS for what waiting doesn't
 * mend
 */
export async function openKnowledge(
  config: Config,
  options: {
    embeddingModel: string;
    embeddings?: EmbeddingsInterface;
    /** Is told when vectors made by `assay reembed` are taken. */
    onTaken?: () => void;
    /** Is told when the host of the embedded store has died, and of what. */
    onRestart?: (cause: string) => void;
    /** Is told when its records of asks were damaged and set aside, and the name of the file that holds them. */
    onAsksSetAside?: (name: string) => void;
  },
): Promise<Openable & { hostPid: () => number | undefined }> {
  const { dataDir, weaviate, asksRetentionMs: askRetentionMs } = config;
  const { embeddingModel, embeddings, onTaken, onRestart, onAsksSetAside } = options;
  if (weaviate) {
    const { startWeaviate } = await import('./knowledge/weaviate/start-weaviate.ts');
    const opensLater = openLater(() => startWeaviate({ ...weaviate, embeddingModel, askRetentionMs }));
    return { ...opensLater, hostPid: () => undefined };
  }
  if (embeddings && (await takeReembedded({ dataDir, embeddingModel, embed: embedAgain(embeddings) }))) onTaken?.();
  const told = { ...(onRestart && { onRestart }), ...(onAsksSetAside && { onAsksSetAside }) };
  const embedded = await startKnowledge({ dataDir, embeddingModel, askRetentionMs, ...told });
  return { ...embedded, open: async () => {} };
}
