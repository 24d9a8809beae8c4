import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import { counted } from '../counted.ts';
import { AppError } from '../errors.ts';
import { startKnowledge } from '../knowledge/client.ts';
import { type Migrated, migrate } from '../knowledge/migrate.ts';
import { readEmbedded } from '../knowledge/read-embedded.ts';
import type { StoreReader } from '../knowledge/store-reader.ts';
import { readWeaviate } from '../knowledge/weaviate/read-weaviate.ts';
import { startWeaviate } from '../knowledge/weaviate/start-weaviate.ts';
import { showCount, tell, writeJson } from './terminal.ts';

type Store = 'embedded' | 'weaviate';

/**
 * `assay migrate --to STORE`: copies all documents from the store in DATA_DIR to the Weaviate at WEAVIATE_URL, or the other way round. The
 * exit code is 1 if it was stopped before its end.
 */
export async function migrateTo({ to, json }: { to: Store; json?: boolean }) {
  const config = readConfig();
  const source = await openReader(to === 'weaviate' ? 'embedded' : 'weaviate', config);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  try {
    const embeddingModel = await modelFor(source, to, config);
    const options = { embeddingModel, askRetentionMs: config.asksRetentionMs };
    const target =
      to === 'weaviate'
        ? await startWeaviate({ ...weaviateOf(config), ...options })
        : await startKnowledge({ dataDir: config.dataDir, ...options });
    const bars = { copying: showCount('Copying'), comparing: showCount('Comparing') };
    const migrated = await migrate({
      source,
      target,
      openTarget: () => openReader(to, config),
      signal: stop.signal,
      onCopy: bars.copying.update,
      onCompare(done, total) {
        if (done === 1) bars.copying.end();
        bars.comparing.update(done, total);
      },
    }).finally(() => {
      bars.copying.end();
      bars.comparing.end();
      return target.close();
    });
    if (json) writeJson(migrated);
    else tellMigrated(migrated);
    if (!migrated.collections) process.exitCode = 1;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
    await source.close();
  }
}

function weaviateOf({ weaviate }: Config) {
  if (!weaviate) throw new AppError('BAD_SETTINGS', 'WEAVIATE_URL: must name the Weaviate to migrate to or from.');
  return weaviate;
}

const openReader = async (store: Store, config: Config): Promise<StoreReader> =>
  store === 'weaviate' ? readWeaviate(weaviateOf(config)) : readEmbedded(config.dataDir);

/**
 * The model of the source's vectors, which the target is to take.
 * @throws AppError NOT_READY where the source has none, or the target holds vectors of another model
 */
async function modelFor(source: StoreReader, to: Store, config: Config): Promise<string> {
  const { embeddingModel } = source;
  if (embeddingModel === null) throw new AppError('NOT_READY', 'There is nothing to migrate.');
  if (to === 'embedded' && !existsSync(join(config.dataDir, 'assay.db'))) return embeddingModel;
  const target = await openReader(to, config);
  try {
    if (target.embeddingModel !== embeddingModel && (await holdsDocuments(target)))
      throw new AppError(
        'NOT_READY',
        `The documents to migrate were embedded with ${embeddingModel}, those in the target with ${target.embeddingModel}: ` +
          'vectors of two models cannot be compared.',
      );
  } finally {
    await target.close();
  }
  return embeddingModel;
}

async function holdsDocuments(store: StoreReader): Promise<boolean> {
  for (const name of await store.collections()) for await (const _ of store.documents(name)) return true;
  return false;
}

function tellMigrated({ copied, unchanged, collections }: Migrated) {
  const what = `${counted(copied, 'document')} copied, ${unchanged} unchanged`;
  if (!collections) return tell(`Stopped: ${what}. Run it again to continue.`);
  for (const { name, documents, passages, checksum, othersInTarget } of collections) {
    const others = othersInTarget > 0 ? `; the target holds ${othersInTarget} more` : '';
    tell(
      `  ${name}: ${counted(documents, 'document')}, ${counted(passages, 'passage')}, checksum ${checksum}${others}`,
    );
  }
  tell(`Migrated: ${what}. Everything was read back and is identical.`);
}
