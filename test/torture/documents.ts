import { createHash } from 'node:crypto';
import type { NewDocument } from '../../src/knowledge/port.ts';

/** The model that the vectors are declared to be of. */
export const embeddingModel = 'torture';

/** Names a document as a store must hold it: collection, source, and which of the source's many texts. */
export type DocumentName = { collection: string; source: string; version: number };

const hash = (...parts: (string | number)[]) => createHash('sha256').update(JSON.stringify(parts)).digest();

/** The 32 bytes of a hash as a unit vector: the same for the same name, and different for every other. */
export function vectorOf(...name: (string | number)[]): Float32Array {
  const values = Float32Array.from(hash(...name), (byte) => byte - 127.5);
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}

/** A word that occurs in this passage of this version and nowhere else. */
export const wordOf = ({ collection, source, version }: DocumentName, part: number) =>
  `w${hash('word', collection, source, version, part).toString('hex', 0, 8)}`;

/** How many passages a version has, 1 to 6. */
export const partsOf = ({ collection, source, version }: DocumentName) =>
  1 + (hash('parts', collection, source, version)[0]! % 6);

/** A version of a document. Its content follows from the name, so that a store can be checked by names alone. */
export function documentOf(name: DocumentName): NewDocument {
  const { collection, source, version } = name;
  let text = '';
  const vectors: number[] = [];
  const passages = Array.from({ length: partsOf(name) }, (_, part) => {
    const start = text.length;
    text += `Part ${part} of ${source} in version ${version} says ${wordOf(name, part)}.`;
    const middle = text.length;
    vectors.push(...vectorOf(collection, source, version, part, 0));
    const windows = [{ start, end: middle, headingPath: [] }];
    if (part % 2 === 1) {
      text += ` It ends here, as all parts do.`;
      vectors.push(...vectorOf(collection, source, version, part, 1));
      windows.push({ start: middle, end: text.length, headingPath: [] });
    }
    const end = text.length;
    text += '\n\n';
    return { start, end, headingPath: [], windows };
  });
  return {
    collection,
    source,
    title: `${source} ${version}`,
    format: 'text',
    metadata: { version },
    text,
    contentHash: `${source}@${version}`,
    passages,
    vectors: Float32Array.from(vectors),
  };
}
