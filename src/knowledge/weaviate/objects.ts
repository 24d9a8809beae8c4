import type { NewDocument } from '../port.ts';
import { markOf, uuidOf } from './classes.ts';
import { type DocumentProperties, passageIdOf, placeOf, textObjectId } from './documents.ts';
import type { EngineObject } from './engine.ts';
import { toBase64 } from './passages.ts';
import { stemsOf, tokensOf } from './stems.ts';

type Of = Pick<DocumentProperties, 'documentId' | 'version'>;

const windowsOf = ({ passages }: NewDocument) => passages.reduce((sum, { windows }) => sum + windows.length, 0);

/** The words that a passage is found by: its title, its headings and its text. */
const searched = ({ title, text }: NewDocument, { headingPath, start, end }: NewDocument['passages'][number]) =>
  [title, ...headingPath, text.slice(start, end)].join(' ');

/** The sum of vectors of this length, given one after another. */
function sumOf(vectors: Float32Array, length: number): Float32Array {
  const sum = new Float64Array(length);
  for (const [at, number] of vectors.entries()) sum[at % length]! += number;
  return Float32Array.from(sum);
}

/** The properties of a document's own object, whose writing makes its version the current one. */
export function toProperties(document: NewDocument, of: Of & { createdAt: string }): DocumentProperties {
  const { collection, source, title, format, metadata, text, contentHash, passages, vectors } = document;
  const windows = windowsOf(document);
  return {
    ...{ collection, source, title, format, contentHash, ...of },
    mark: markOf(of.version),
    place: placeOf(source),
    metadata: JSON.stringify(metadata),
    characters: text.length,
    passages: passages.length,
    windows,
    words: passages.reduce((sum, passage) => sum + tokensOf(searched(document, passage)).length, 0),
    vectorSum: toBase64(sumOf(vectors, vectors.length / windows)),
    updatedAt: new Date().toISOString(),
  };
}

/** The objects of one version of a document: its text, its passages with their words, and their windows. */
export function* toVersionObjects(document: NewDocument, { documentId, version }: Of): Generator<EngineObject> {
  const { collection: tenant, contentHash, text, vectors } = document;
  const length = vectors.length / windowsOf(document);
  const of = { documentId, version, mark: markOf(version) };
  yield { class: 'AssayText', id: textObjectId(documentId, version), tenant, properties: { ...of, text } };
  let offset = 0;
  for (const passage of document.passages) {
    const { start, end, headingPath, windows } = passage;
    const id = uuidOf('passage', documentId, version, start, end);
    const own = vectors.subarray(offset, offset + windows.length * length);
    offset += own.length;
    const properties = {
      ...of,
      passageId: passageIdOf(documentId, contentHash, start, end),
      start,
      end,
      spans: JSON.stringify(windows.map((window) => [window.start, window.end])),
      headings: JSON.stringify([headingPath, ...windows.map((window) => window.headingPath)]),
      vectors: toBase64(own),
      text: text.slice(start, end),
    };
    yield { class: 'AssayPassage', id, tenant, properties };
    const words = { ...of, stems: stemsOf(searched(document, passage)).join(' ') };
    yield { class: 'AssayWords', id, tenant, properties: words };
    for (let at = 0; at < windows.length; at += 1)
      yield {
        class: 'AssayWindow',
        id: uuidOf('window', id, at),
        tenant,
        properties: { ...of, passage: id },
        vector: Array.from(own.subarray(at * length, (at + 1) * length)),
      };
  }
}
