import { createHash } from 'node:crypto';
import type { NewDocument } from '../../src/knowledge/port.ts';
import { remembering } from '../../src/recent.ts';

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

/** A source whose versions have so many passages that writing one is a long write. */
export const longSource = (lane: number) => `${lane}-long`;

/** How many passages a version has: 1 to 6, or more than 200. */
export function partsOf({ collection, source, version }: DocumentName): number {
  const size = hash('parts', collection, source, version)[0]!;
  return source.endsWith('-long') ? 210 + size : 1 + (size % 6);
}

const sayName = ({ collection, source, version }: DocumentName) => JSON.stringify([collection, source, version]);

/** A version of a document. Its content follows from the name, so that a store can be checked by names alone. */
export const documentOf = (name: DocumentName): NewDocument => ({ ...made(sayName(name)) });

const made = remembering(200, (name: string): NewDocument => {
  const [collection, source, version] = JSON.parse(name) as [string, string, number];
  let text = '';
  const vectors: number[] = [];
  const ownName = { collection, source, version };
  const passages = Array.from({ length: partsOf(ownName) }, (_, part) => {
    const start = text.length;
    text += `Part ${part} of ${source} in version ${version} says ${wordOf(ownName, part)}.`;
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
});
