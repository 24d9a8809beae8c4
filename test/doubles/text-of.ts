import type { Knowledge } from '../../src/knowledge/port.ts';
import { readWholeDocument } from '../../src/knowledge/read-text.ts';

/** The whole text of a document that is there. */
export async function textOf(knowledge: Knowledge, id: string): Promise<string> {
  const find = async () => (await knowledge.document(id))!;
  return (await readWholeDocument(knowledge, find)).text;
}
