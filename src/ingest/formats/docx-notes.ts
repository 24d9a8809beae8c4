const NOTE = /<(?:\w+:)?(foot|end)note(?=\s)([^<>]*)>/g;
/** The lines above notes are notes by name. */
const LINE = /type\s*=\s*["'](?:continuationS|s)eparator["']/;
const ID = /(?<=[\s:])id\s*=\s*["'](-?\d{1,10})["']/;
const REFERENCE = /<w:(foot|end)noteReference(?=\s)([^<>]*)\/>/g;

/**
 * The XML of a Word document's text without references to notes that the file lacks, as programs leave them that merge or shorten documents.
 * Word shows such a text without the note; mammoth fails.
 * @param notes the XML of the file's footnotes and endnotes
 */
export function withoutLostNotes(xml: string, notes: string[]): string {
  const ids = new Set<string>();
  for (const part of notes)
    for (const [, kind, attributes = ''] of part.matchAll(NOTE))
      if (!LINE.test(attributes)) ids.add(`${kind} ${ID.exec(attributes)?.[1]}`);
  return xml.replace(REFERENCE, (tag, kind: string, attributes: string) =>
    ids.has(`${kind} ${ID.exec(attributes)?.[1]}`) ? tag : '',
  );
}
