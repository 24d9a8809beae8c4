import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Asker, ConductAsk } from '../chain/conduct-ask.ts';
import type { AskRequest } from '../chain/reply.ts';
import { type FoundPassage, toPassages } from '../passage.ts';
import { errorBody, noteStreamFailure } from './error-reply.ts';
import { openEventStreamInTime } from './event-stream.ts';
import { logAsk } from './log-ask.ts';

/**
 * Answers an ask as server-sent events: `context`, `token`…, `answer`, `verdict`, `done`, or `error` at whatever point it
 * fails. Each event's data is JSON on one line.
 */
export async function streamAsk(
  conductAsk: ConductAsk,
  request: FastifyRequest<{ Body: AskRequest }>,
  reply: FastifyReply,
  asker: Asker,
) {
  const { tell, end, hasOpened } = openEventStreamInTime(reply);
  try {
    // Where an Incorrect verdict may change the answer, nothing is told before the verdict is there.
    const early: Partial<Asker> =
      request.body.onIncorrect === 'return'
        ? {
            keep: (name, value) =>
              void tell(name, name === 'context' ? toPassages(value as FoundPassage[]) : toAnswer(value as KeptAnswer)),
            onToken: (token) => tell('token', { text: token }),
          }
        : {};
    const answered = await conductAsk(request.body, { ...asker, ...early });
    if (!early.keep) {
      void tell('context', answered.context);
      void tell('token', { text: answered.answer });
      void tell('answer', toAnswer({ text: answered.answer, abstained: answered.abstained }));
    }
    void tell('verdict', answered.verdict);
    void tell('done', answered);
    logAsk(request, answered);
  } catch (error) {
    if (!hasOpened()) throw error;
    void tell('error', errorBody(noteStreamFailure(error, request, reply), request.id).error);
  }
  end();
  return reply;
}

type KeptAnswer = { text: string; abstained: boolean };
const toAnswer = ({ text, abstained }: KeptAnswer) => ({ text, abstained });
