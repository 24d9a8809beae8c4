import type { DatabaseSync } from 'node:sqlite';
import { contentCounts, removedCollections } from './remains.ts';
import type { StoreFinding } from './store-finding.ts';

/** How far a vector's length (norm) may be from 1. */
const lengthTolerance = 1e-3;
/** How many problems of a kind are named, at most. */
const mostNamed = 3;

type DocumentRow = { key: number; id: string; source: string; metadata: string; text: string; characters: number };
type PassageRow = {
  id: string;
  start: number;
  end: number;
  text: string;
  windows: Uint8Array;
  headingPaths: string;
  vectors: Uint8Array;
};

/** Collects problems of one kind: counts them all, and keeps the first few in words. */
function createTally(name: string, what: string, mend: string) {
  const named: string[] = [];
  let wrong = 0;
  return {
    note(problem: string) {
      wrong += 1;
      if (named.length < mostNamed) named.push(problem);
    },
    finding(checked: number): StoreFinding {
      if (wrong === 0) return { name, ok: true, detail: `${checked} ${what}` };
      const more = wrong > named.length ? `; and ${wrong - named.length} more` : '';
      return { name, ok: false, detail: `${named.join('; ')}${more}. ${mend}` };
    },
  };
}

/**
 * Checks every document: each passage must be its document's slice, with its windows inside it, and each window must have its headings
 * and a vector of unit length.
 * @param onProgress is told how many of the passages have been checked
 */
export function verifyDocuments(
  database: DatabaseSync,
  onProgress: (done: number, total: number) => void = () => {},
): StoreFinding[] {
  const again = 'Delete these documents (DELETE /documents/ID) and ingest them again, or restore a backup.';
  const documents = createTally('store: documents', 'with all their characters', again);
  const passages = createTally('store: passages', 'word for word as in their documents', again);
  const windows = createTally('store: windows', 'inside their passages', again);
  const vectors = createTally('store: vectors', 'of unit length', 'Make them anew: npx assay reembed.');
  const checked = { documents: 0, passages: 0, windows: 0 };
  const dimension = Number(database.prepare("SELECT value FROM meta WHERE name = 'dimension'").get()?.value);
  const total = Number(database.prepare(`SELECT ${contentCounts}`).get()!.passages);
  const passagesOf = database.prepare(
    `SELECT id, start, "end", text, windows, heading_paths AS headingPaths, vectors FROM passages
     WHERE document_key = ? ORDER BY key`,
  );

  function checkDocument(document: DocumentRow) {
    const { source, text, characters } = document;
    if (text.length !== characters) documents.note(`${source} has ${text.length} characters instead of ${characters}`);
    const metadata = parsed(document.metadata);
    if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata))
      documents.note(`${source} has metadata that can't be read`);
    let before = -1;
    const already = checked.passages;
    for (const row of passagesOf.iterate(document.key)) {
      const passage = row as unknown as PassageRow;
      const where = `${source}, passage ${passage.id}`;
      if (passage.start < 0 || passage.start >= passage.end || passage.end > text.length)
        passages.note(`${where} lies outside its document`);
      else if (text.slice(passage.start, passage.end) !== passage.text)
        passages.note(`${where} differs from its document`);
      if (passage.start <= before) passages.note(`${where} does not stand behind the one before it`);
      before = passage.start;
      checkWindows(passage, where);
      checked.passages += 1;
      if (checked.passages % 256 === 0) onProgress(checked.passages, total);
    }
    if (checked.passages === already) documents.note(`${source} has no passage`);
    checked.documents += 1;
  }

  function checkWindows(passage: PassageRow, where: string) {
    const { start, end } = passage;
    const count = passage.windows.length / 8;
    if (!Number.isInteger(count) || count < 1) return windows.note(`${where} has no windows that can be read`);
    const spans = new Int32Array(passage.windows.slice().buffer);
    for (let at = 0; at < count; at += 1) {
      const [from, to] = [spans[2 * at]!, spans[2 * at + 1]!];
      if (from < start || from >= to || to > end) windows.note(`${where}: window ${at + 1} lies outside it`);
    }
    const paths = parsed(passage.headingPaths);
    const isPath = (path: unknown) => Array.isArray(path) && path.every((heading) => typeof heading === 'string');
    if (!Array.isArray(paths) || paths.length !== count || !paths.every(isPath))
      windows.note(`${where} has ${count} windows, and not as many paths of headings`);
    const problem = problemWith(passage.vectors, count, dimension);
    if (problem !== null) vectors.note(`${where}: ${problem}`);
    checked.windows += count;
  }

  onProgress(0, total);
  const all = database.prepare(
    `SELECT key, id, source, metadata, text, characters FROM documents
     WHERE collection_key NOT IN ${removedCollections} ORDER BY key`,
  );
  for (const row of all.iterate()) checkDocument(row as unknown as DocumentRow);
  onProgress(total, total);
  return [
    documents.finding(checked.documents),
    passages.finding(checked.passages),
    windows.finding(checked.windows),
    vectors.finding(checked.windows),
  ];
}

/** What is wrong with a passage's vectors, or null. */
function problemWith(bytes: Uint8Array, count: number, dimension: number): string | null {
  if (bytes.length !== count * dimension * 4)
    return `its vectors have ${bytes.length} bytes instead of ${count * dimension * 4}`;
  const numbers = new Float32Array(bytes.slice().buffer);
  for (let at = 0; at < count; at += 1) {
    let squares = 0;
    for (let place = at * dimension; place < (at + 1) * dimension; place += 1) squares += numbers[place]! ** 2;
    const length = Math.sqrt(squares);
    if (!Number.isFinite(length)) return `the vector of window ${at + 1} holds a number that is not finite`;
    if (Math.abs(length - 1) > lengthTolerance)
      return `the vector of window ${at + 1} has the length ${length.toFixed(3)}`;
  }
  return null;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
