import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { Config } from './config.ts';
import { embedAgain } from './ingest/ingest.ts';
import { startKnowledge } from './knowledge/client.ts';
import { type Openable, openLater } from './knowledge/open-later.ts';
import { takeReembedded } from './knowledge/reembed.ts';

/**
 * The knowledge base that the settings name: the embedded store, which is open then, or Weaviate, which is still to be opened. The
 * embedded one first takes the vectors that `assay reembed` has made for this model, where the embeddings are given.
 * @throws AppError NOT_READY where it can't be opened, `open` too; there BAD_SETTINGS for what waiting doesn't mend
 */
export async function openKnowledge(
  config: Config,
  options: {
    embeddingModel: string;
    embeddings?: EmbeddingsInterface;
    /** Is told when vectors of `assay reembed` are taken. */
    onTaken?: () => void;
    /** Is told when the embedded store's host died, and of what. */
    onRestart?: (cause: string) => void;
    /** Is told when its records of asks were damaged and others begun, and what is kept of them. */
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
