import { randomUUIDv7 } from 'node:crypto';
import type { Runnable } from '@langchain/core/runnables';
import { startDeadline } from '../deadline.ts';
import { AppError } from '../errors.ts';
import { type FoundPassage, toPassages } from '../passage.ts';
import { inConversation, type StandaloneQuestion, type Turn } from './in-conversation.ts';
import { mainVerdict, type Outcome, withPolicy } from './policy.ts';
import { type AskReply, type AskRequest, type KeptReply, toKept } from './reply.ts';
import type { Asked, Evaluated } from './state.ts';
import type { Keep, OnToken } from './step.ts';
import { AskTrail, type TraceStep } from './trace.ts';

/** Saves the record of an ask: the reply with its trace, and whose key asked. The reply doesn't wait for it. */
export type SaveAsk = (record: {
  id: string;
  collection: string;
  keyName: string | null;
  createdAt: string;
  /** Makes the reply in the form that is stored; to be called when nobody is waiting. */
  reply: () => KeptReply;
}) => void;

/** An ask that is over: its reply, or the error in its place, and its steps on demand. */
export type AskEnd = {
  collection: string;
  keyName: string | null;
  /** The W3C trace context that the request came with. */
  traceparent: string | null;
  /** In milliseconds since the epoch. */
  startedAt: number;
  durationMs: number;
  reply: AskReply | null;
  error: AppError | null;
  steps: () => TraceStep[];
};

/** An id for an ask that is to come; ordered by time, so that a store appends it. */
export const newAskId = () => `ask_${randomUUIDv7()}`;

/**
 * Who asks: the name of their key, a signal that fires when they leave, and callbacks for what is ready before the
 * reply.
 */
export type Asker = {
  /** The id that the ask is to have, where it must be known beforehand. */
  id?: string;
  keyName?: string | null;
  traceparent?: string | null;
  signal?: AbortSignal;
  /** The conversation before the question, where there was one. */
  history?: Turn[];
  keep?: Keep;
  onToken?: OnToken;
  /** Is told how many tokens the models used once the ask is over, even if it failed; partly estimated (trace.ts). */
  onTokens?: (tokens: number) => void;
};

export type ConductAsk = (request: AskRequest, asker?: Asker) => Promise<AskReply>;

/**
 * Conducts an ask from request to reply: its number of passages, deadline, policy, trace and record.
 * @param options.topK how many passages are shown to the model where the request doesn't say
 * @param options.timeoutMs the deadline of the whole ask
 * @param options.abstention what an answer says when it abstains
 * @throws AppError whatever the steps throw; MODEL_TIMEOUT at the deadline, CLIENT_GONE when the asker leaves, INTERNAL
 * for anything else
 */
export function createConductAsk(options: {
  chain: Runnable<Asked, Evaluated>;
  topK: number;
  timeoutMs: number;
  /** Absent: no records are kept. */
  saveAsk: SaveAsk | undefined;
  /** Is told of every ask that is over; must not throw. */
  observe?: ((end: AskEnd) => void) | undefined;
  abstention?: string | undefined;
  /** Makes the question of a conversation stand by itself; the record then holds the question as it was understood. */
  standaloneQuestion: StandaloneQuestion;
}): ConductAsk {
  const chain = withPolicy(options.chain, options.abstention);
  const conversation = inConversation(options.standaloneQuestion, chain);

  return async (request, asker = {}) => {
    const begun = performance.now();
    const startedAt = Date.now();
    const createdAt = new Date(startedAt).toISOString();
    const { question, collection, evaluation, onIncorrect, topK = options.topK } = request;
    const trail = new AskTrail();
    let told: TraceStep[] | undefined;
    const steps = () => {
      told ??= trail.steps();
      return told;
    };
    const deadline = startDeadline(options.timeoutMs, asker.signal);
    const { signal } = deadline;
    const { keep, onToken } = asker;
    const config = { signal, configurable: { trail: trail.root, endsAt: begun + options.timeoutMs, keep, onToken } };
    const end = (reply: AskReply | null, error: AppError | null) => {
      asker.onTokens?.(trail.tokens({ isBrokenOff: signal.aborted }));
      options.observe?.({
        collection,
        keyName: asker.keyName ?? null,
        traceparent: asker.traceparent ?? null,
        startedAt,
        durationMs: performance.now() - begun,
        reply,
        error,
        steps,
      });
    };
    let outcome: Outcome;
    let reply: AskReply;
    try {
      const asked = { question, collection, topK, evaluation, onIncorrect };
      const history = asker.history ?? [];
      outcome = await orAbort(
        history.length > 0 ? conversation.invoke({ ...asked, history }, config) : chain.invoke(asked, config),
        signal,
      );
      reply = toReply(asker.id ?? newAskId(), outcome, trail, performance.now() - begun);
    } catch (error) {
      const failure = toFailure(error, { isGone: asker.signal?.aborted === true, isLate: deadline.isOver() });
      end(null, failure);
      throw failure;
    } finally {
      deadline.end();
    }
    end(reply, null);
    options.saveAsk?.({
      id: reply.id,
      collection,
      keyName: asker.keyName ?? null,
      createdAt,
      reply: whenPacked(reply, outcome.context, trail),
    });
    return request.trace ? { ...reply, trace: steps() } : reply;
  };
}

/**
 * A function of its own so that the closure holds these three values alone until the record is packed: closures made in
 * one function share everything that any of them uses.
 */
const whenPacked = (reply: AskReply, context: FoundPassage[], trail: AskTrail) => () => toKept(reply, context, trail);

function toFailure(error: unknown, { isGone, isLate }: { isGone: boolean; isLate: boolean }): AppError {
  if (isGone) return new AppError('CLIENT_GONE', 'The client left before the answer was ready.');
  if (isLate) return new AppError('MODEL_TIMEOUT', 'The answer was not ready in time.', { cause: error });
  return error instanceof AppError ? error : new AppError('INTERNAL', 'Unexpected failure', { cause: error });
}

/**
 * The work's result, or a rejection as soon as the signal fires: some code paths in libraries ignore the signal.
 * @param signal the ask's own, so its listener needs no removal
 */
function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  work.then(resolve, reject);
  return promise;
}

function toReply(id: string, outcome: Outcome, trail: AskTrail, totalMs: number): AskReply {
  const { question, collection, answer, verdicts, attempts, evaluation } = outcome;
  return {
    id,
    question,
    answer: answer.text,
    collection,
    context: toPassages(outcome.context),
    verdict: mainVerdict(verdicts),
    ...(evaluation === 'both' && { verdicts: { context: verdicts.context!, answer: verdicts.answer! } }),
    abstained: answer.abstained,
    attempts,
    usage: trail.usage(),
    timings: {
      retrieveMs: trail.durationMs('retrieve'),
      answerMs: trail.durationMs('answer'),
      evaluateMs: trail.durationMs('evaluate'),
      totalMs: Math.round(totalMs * 10) / 10,
    },
  };
}
