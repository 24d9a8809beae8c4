import { readWholeDocument } from '../../src/http/read-text.ts';
import type { Knowledge } from '../../src/knowledge/port.ts';

/** The whole text of a document that is there. */
export async function textOf(knowledge: Knowledge, id: string): Promise<string> {
  const find = async () => (await knowledge.document(id))!;
  return (await readWholeDocument(knowledge, find)).text;
}
