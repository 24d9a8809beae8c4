import type { AskReply } from '../chain/reply.ts';

/** Logs one line for an ask: what happened and how long it took, with no word of what was asked or answered. */
export function logAsk(request: { log: { info: (fields: object, message: string) => void } }, reply: AskReply) {
  const { id, collection, context, verdict, abstained, attempts, usage, timings } = reply;
  const { label, basis, score, problem } = verdict;
  const passages = context.map((passage) => passage.id);
  const fields = { askId: id, collection, passages, verdict: { label, basis, score, problem }, abstained, attempts };
  request.log.info({ ...fields, usage, timings }, 'asked');
}
