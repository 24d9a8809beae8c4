import { collectionName } from '../collection-name.ts';
import { openKnowledge } from '../compose-knowledge.ts';
import { chooseModels, openEmbeddings } from '../compose-models.ts';
import { readConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import { Metadata, Source, Title } from '../http/document-fields.ts';
import { embeddedText } from '../ingest/ingest.ts';
import { type FaissStoreEntry, readFaissStoreFolder } from '../knowledge/faiss-store-folder.ts';
import { type EntryDescription, type ImportResult, importFaissStore } from '../knowledge/import-faiss-store.ts';
import { showCount, tell, WrongUsage, withWayOut, writeJson } from './terminal.ts';

/** `assay import-faiss FOLDER`; the exit code is 1 where an entry was left out. */
export async function importFaiss(
  folder: string,
  options: { collection: string; embeddingModel?: string; json?: boolean },
) {
  const collection = collectionName.safeParse(options.collection);
  if (!collection.success) throw new WrongUsage(`--collection ${collection.error.issues[0]!.message}`);
  const config = readConfig();
  const { embedding } = chooseModels(config.models);
  if (options.embeddingModel === undefined)
    throw new WrongUsage(
      'Say by --embedding-model which model made the vectors of the folder. If it is ' +
        `${embedding}, as in the settings, they are taken over; if it is another, the texts are embedded anew.`,
    );
  const isOurs = options.embeddingModel === embedding;
  const saved = readFaissStoreFolder(folder, { withVectors: isOurs });
  try {
    const embeddings = await openEmbeddings(config, embedding);
    const dimension = (await embeddings.embedQuery('How long is a vector?')).length;
    const embed: Parameters<typeof importFaissStore>[0]['embed'] = async (documents) => {
      const texts = documents.map(({ title, text }) => embeddedText(title, [], text));
      return (await embeddings.embedDocuments(texts)).map((vector) => Float32Array.from(vector));
    };
    const knowledge = await openKnowledge(config, { embeddingModel: embedding }).catch(
      withWayOut('Stop the service that runs on it first.'),
    );
    const bar = showCount('Importing');
    const result = await importFaissStore({
      saved,
      collection: collection.data,
      dimension,
      knowledge,
      describe: describeEntry,
      embed: isOurs ? null : embed,
      onProgress: bar.update,
    }).finally(() => {
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
  tell(`Imported ${entries} ${entries === 1 ? 'entry' : 'entries'}: ${parts.join(', ')}.`);
}

/**
 * What an entry of a FaissStore is called here: many entries may be of one source, so its id is part of the name, which is
 * then the same each time. Metadata that could not have come by HTTP is left behind.
 * @throws AppError BAD_DOCUMENT where not even its id can be a name
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
