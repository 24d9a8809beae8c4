import { openKnowledge } from '../compose-knowledge.ts';
import { chooseModels, openEmbeddings } from '../compose-models.ts';
import { readConfig } from '../config.ts';
import { counted } from '../counted.ts';
import { AppError } from '../errors.ts';
import { Metadata, Source, Title } from '../http/document-fields.ts';
import { embeddedText } from '../ingest/ingest.ts';
import { waitAtLimits } from '../ingest/wait-at-limits.ts';
import { type FaissStoreEntry, readFaissStoreFolder } from '../knowledge/faiss-store-folder.ts';
import { type EntryDescription, type ImportResult, importFaissStore } from '../knowledge/import-faiss-store.ts';
import {
  readCollectionOption,
  showCount,
  tell,
  tellOfWait,
  UsageError,
  withAdviceIfInUse,
  writeJson,
} from './terminal.ts';

/** `assay import-faiss FOLDER`: takes over a saved FaissStore; the exit code is 1 if an entry was left out. */
export async function importFaiss(
  folder: string,
  options: { collection: string; embeddingModel?: string; json?: boolean },
) {
  const collection = readCollectionOption(options.collection);
  const config = readConfig();
  const { embedding } = chooseModels(config.models);
  if (options.embeddingModel === undefined)
    throw new UsageError(
      'Say with --embedding-model which model made the vectors in the folder. If it is ' +
        `${embedding}, as in the settings, they are taken over; if it is another, the texts are embedded anew.`,
    );
  const isOurs = options.embeddingModel === embedding;
  const saved = readFaissStoreFolder(folder, { withVectors: isOurs });
  try {
    const embeddings = await openEmbeddings(config, embedding);
    const dimension = (await embeddings.embedQuery('How long is a vector?')).length;
    const patient = waitAtLimits(embeddings, { onWait: tellOfWait });
    const embed: Parameters<typeof importFaissStore>[0]['embed'] = async (documents) => {
      const texts = documents.map(({ title, text }) => embeddedText(title, [], text));
      return (await patient.embedDocuments(texts)).map((vector) => Float32Array.from(vector));
    };
    const knowledge = await openKnowledge(config, { embeddingModel: embedding }).catch(
      withAdviceIfInUse('Stop the service that runs on it first.'),
    );
    const bar = showCount('Importing');
    const result = await knowledge
      .open()
      .then(() =>
        importFaissStore({
          saved,
          collection,
          dimension,
          knowledge,
          describe: describeEntry,
          embed: isOurs ? null : embed,
          onProgress: bar.update,
        }),
      )
      .finally(() => {
        bar.end();
        return knowledge.close();
      });
    if (options.json) writeJson(result);
    else tellImport(result);
    if (result.failed.length > 0) process.exitCode = 1;
  } finally {
    saved.vectors?.close();
  }
}

function tellImport({ entries, added, replaced, unchanged, failed }: ImportResult) {
  for (const { id, message } of failed) tell(`  left out ${id}: ${message}`);
  const parts = [`${added} new`, `${replaced} replaced`, `${unchanged} unchanged`, `${failed.length} left out`];
  tell(`Imported ${counted(entries, 'entry', 'entries')}: ${parts.join(', ')}.`);
}

/**
 * Names an entry of a FaissStore. Many entries may have the same source, so the name includes the entry's id, which also makes it the same
 * each time. Metadata that the HTTP API wouldn't accept is dropped.
 * @throws AppError BAD_DOCUMENT where not even the id can serve as a name
 */
export function describeEntry({ id, metadata }: FaissStoreEntry): EntryDescription {
  const { source, title } = metadata;
  const relative = typeof source === 'string' ? source.replace(/^([a-z]:)?[/\\]+/i, '') : '';
  const ofSource = relative === '' ? undefined : Source.safeParse(`${relative}#${id}`).data;
  const name = ofSource ?? Source.safeParse(id).data;
  if (name === undefined) throw new AppError('BAD_DOCUMENT', "its id can't be the name of a document");
  const shown = ofSource === undefined ? name : relative;
  const titled = Title.safeParse(title).data ?? Title.parse(shown.slice(0, 500).toWellFormed());
  return { source: name, title: titled, metadata: keptMetadata(metadata) };
}

function keptMetadata(metadata: Record<string, unknown>): Record<string, unknown> {
  try {
    return Metadata.safeParse(metadata).data ?? {};
  } catch {
    return {}; // so deeply nested that it can't be looked through
  }
}
