import { AppError } from '../errors.ts';
import type { DocumentSummary, Knowledge } from '../knowledge/port.ts';

/** What the texts of documents are read from. */
export type DocumentReader = Pick<Knowledge, 'text'>;

/** How often a document is looked up, at most, when it is replaced between the look-up and the end of what is read. */
const mostTries = 5;

const partMissing = () =>
  new AppError('NOT_READY', 'A part of this document is missing, or it is being replaced all the time.');

/** Looks up a document and reads of it, again where `read` gives null since a part is not there any more. */
async function readFound<Result>(
  find: () => Promise<DocumentSummary>,
  read: (document: DocumentSummary) => Promise<Result | null>,
): Promise<Result> {
  for (let attempt = 1; attempt <= mostTries; attempt += 1) {
    const result = await read(await find());
    if (result !== null) return result;
  }
  throw partMissing();
}

/** The parts of a document's text, in order, from one place on. The last is null where the document has been replaced. */
async function* partsOf(reader: DocumentReader, document: DocumentSummary, begin: number | null) {
  for (let from = begin; from !== null; ) {
    const part = await reader.text(document, from);
    yield part?.text ?? null;
    from = part?.next ?? null;
  }
}

/**
 * Looks up a document and reads the beginning of its text. `rest` reads the other parts, in order.
 * @param find looks the document up; what it throws is passed on
 * @throws AppError NOT_READY where a document has no text, and from `rest` where it is replaced meanwhile
 */
export const beginDocument = (reader: DocumentReader, find: () => Promise<DocumentSummary>) =>
  readFound(find, async (document) => {
    const first = await reader.text(document, 0);
    async function* rest() {
      for await (const text of partsOf(reader, document, first!.next)) {
        if (text === null) throw partMissing();
        yield text;
      }
    }
    return first && { document, text: first.text, isWhole: first.next === null, rest };
  });

/** A whole document with its text, read anew where it is replaced meanwhile; `find` and what is thrown are as for `beginDocument`. */
export const readWholeDocument = (reader: DocumentReader, find: () => Promise<DocumentSummary>) =>
  readFound(find, async (document) => {
    const parts: string[] = [];
    for await (const part of partsOf(reader, document, 0)) {
      if (part === null) return null;
      parts.push(part);
    }
    return { ...document, text: parts.join('') };
  });
