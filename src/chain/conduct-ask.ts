import { randomUUIDv7 } from 'node:crypto';
import type { Runnable } from '@langchain/core/runnables';
import { within } from '../deadline.ts';
import { AppError } from '../errors.ts';
import { type FoundPassage, toPassages } from '../passage.ts';
import { inConversation, type StandaloneQuestion, type Turn } from './in-conversation.ts';
import { type Outcome, withPolicy } from './policy.ts';
import { type AskReply, type AskRequest, type KeptReply, toKept } from './reply.ts';
import type { Asked, Evaluated } from './state.ts';
import type { Keep, OnToken } from './step.ts';
import { AskTrail, type TraceStep } from './trace.ts';

/**
 * Where an ask's record is kept: the reply with its trace, and which key asked. The reply doesn't wait for it; it is found by
 * whoever asks for it afterwards.
 */
export type SaveAsk = (record: {
  id: string;
  collection: string;
  keyName: string | null;
  createdAt: string;
  /** Makes the reply as it is kept: whoever calls it does so when nobody waits. */
  reply: () => KeptReply;
}) => void;

/** An ask that is over: its reply or why it has none, and its steps for whoever wants them. Times are in milliseconds. */
export type AskEnd = {
  collection: string;
  keyName: string | null;
  /** The W3C trace context that the request came with. */
  traceparent: string | null;
  /** Since the epoch. */
  startedAt: number;
  durationMs: number;
  reply: AskReply | null;
  error: AppError | null;
  steps: () => TraceStep[];
};

/** Who asks: the name of their key, a signal that fires when they leave, and where to tell what is on its way. */
export type Asker = {
  keyName?: string | null;
  traceparent?: string | null;
  signal?: AbortSignal;
  /** What was said before the question, where it was asked in a conversation. */
  history?: Turn[];
  keep?: Keep;
  onToken?: OnToken;
  /** Is told what the models used when the ask is over, also where it failed. */
  onUsage?: (usage: AskReply['usage']) => void;
};

export type ConductAsk = (request: AskRequest, asker?: Asker) => Promise<AskReply>;

/**
 * Conducts an ask from its request to its reply: number of passages, one deadline for all of it, policy, trace, record.
 * @param options.timeoutMs the deadline of the whole ask
 * @param options.abstention what an answer says that abstains
 * @throws AppError what the steps throw; MODEL_TIMEOUT at the deadline, CLIENT_GONE when the asker leaves
 */
export function createConductAsk(options: {
  chain: Runnable<Asked, Evaluated>;
  topK: number;
  timeoutMs: number;
  /** Absent: nothing is kept of an ask. */
  saveAsk: SaveAsk | undefined;
  /** Is told of every ask when it is over; it must not throw. */
  observe?: ((end: AskEnd) => void) | undefined;
  abstention?: string | undefined;
  /** What makes the question of a conversation stand by itself; the record then holds the question as it was understood. */
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
    const deadline = within(options.timeoutMs, asker.signal);
    const { signal } = deadline;
    const config = { signal, configurable: { trail: trail.root, keep: asker.keep, onToken: asker.onToken } };
    const end = (reply: AskReply | null, error: AppError | null) => {
      asker.onUsage?.(reply?.usage ?? trail.usage());
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
      reply = toReply(outcome, trail, performance.now() - begun);
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

/** Made here, since a closure holds all that the function around it shares with any other, until the record is packed. */
const whenPacked = (reply: AskReply, context: FoundPassage[], trail: AskTrail) => () => toKept(reply, context, trail);

function toFailure(error: unknown, { isGone, isLate }: { isGone: boolean; isLate: boolean }): AppError {
  if (isGone) return new AppError('CLIENT_GONE', 'The client left before the answer was ready.');
  if (isLate) return new AppError('MODEL_TIMEOUT', 'The answer was not ready in time.', { cause: error });
  return error instanceof AppError ? error : new AppError('INTERNAL', 'Unexpected failure', { cause: error });
}

/**
 * The work's result, or a rejection as soon as the signal fires: some paths through a library pay no heed to it.
 * @param signal the ask's own, which goes with it and its listeners
 */
function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  work.then(resolve, reject);
  return promise;
}

function toReply(outcome: Outcome, trail: AskTrail, totalMs: number): AskReply {
  const { question, collection, answer, verdicts, attempts, evaluation } = outcome;
  return {
    id: `ask_${randomUUIDv7()}`, // in order of time: a store puts it behind the ones before
    question,
    answer: answer.text,
    collection,
    context: toPassages(outcome.context),
    verdict: (verdicts.context ?? verdicts.answer)!,
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
