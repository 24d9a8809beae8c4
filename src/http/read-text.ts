import { AppError } from '../errors.ts';
import type { DocumentSummary, Knowledge, TextPart } from '../knowledge/port.ts';

/** What the texts of documents are read from. */
export type DocumentReader = Pick<Knowledge, 'text'>;

/** How often a document is looked up, at most, when it is replaced between the look-up and the reading. */
const mostTries = 5;

const partMissing = () =>
  new AppError('NOT_READY', 'A part of this document is missing, or it is being replaced all the time.');

/**
 * Looks up a document and reads the beginning of its text. `rest` reads the other parts, in order.
 * @param find looks the document up; what it throws is passed on
 * @throws AppError NOT_READY where a document has no text, and from `rest` where it is replaced meanwhile
 */
export async function beginDocument(reader: DocumentReader, find: () => Promise<DocumentSummary>) {
  for (let attempt = 1; attempt <= mostTries; attempt += 1) {
    const document = await find();
    const first = await reader.text(document, 0);
    if (first) return { document, text: first.text, isWhole: first.next === null, rest: () => restOf(document, first) };
  }
  throw partMissing();

  async function* restOf(document: DocumentSummary, first: TextPart) {
    for (let from = first.next; from !== null; ) {
      const part = await reader.text(document, from);
      if (!part) throw partMissing();
      yield part.text;
      from = part.next;
    }
  }
}

/** A whole document with its text; `find` and what is thrown are as for `beginDocument`. */
export async function readWholeDocument(reader: DocumentReader, find: () => Promise<DocumentSummary>) {
  const begun = await beginDocument(reader, find);
  const parts = [begun.text];
  for await (const part of begun.rest()) parts.push(part);
  return { ...begun.document, text: parts.join('') };
}
