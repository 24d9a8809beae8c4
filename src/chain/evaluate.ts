import { AIMessage, type AIMessageChunk, type BaseMessage, HumanMessage } from '@langchain/core/messages';
import type { ChatPromptTemplate } from '@langchain/core/prompts';
import { type Runnable, RunnableBranch, type RunnableConfig, RunnableMap } from '@langchain/core/runnables';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type ChatStep, readText } from './answer.ts';
import { findEvidence } from './evidence.ts';
import { formatContext, inert } from './retrieve.ts';
import type { Answered, Evaluation, Verdicts } from './state.ts';
import { named, step } from './step.ts';
import { type Basis, Judgement, type Problem, readJudgement, unjudged, type Verdict } from './verdict.ts';

/** Anything that judges an answer on one basis: a model behind a prompt, or the classifier of the embedded verdict. */
export type Judge = Runnable<Answered, Verdict>;

/** The shape of a judge's reply, as the `response_format` of servers that can hold a model to it. */
export const judgementFormat = {
  type: 'json_schema',
  json_schema: {
    name: 'judgement',
    strict: true,
    schema: z.toJSONSchema(Judgement),
  },
};

const repairRequest = new HumanMessage(
  'That could not be read. Reply again with the one JSON object that was asked for, and nothing before or after it.',
);

/**
 * A judge by a model: prompt, model, tolerant reader; one repair where the reply can't be read, then `Unjudged`. It never
 * fails: a judge that is too slow, or can't be reached, is a verdict with its `problem`.
 * @param options.basis `context` shows the judge the passages, `answer` only question and answer
 * @param options.structuredModel the same model, held to `judgementFormat`
 * @param options.timeoutMs the evaluation's own deadline, inside the ask's
 */
export function createModelJudge(options: {
  basis: Basis;
  prompt: ChatPromptTemplate;
  model: ChatStep;
  structuredModel: ChatStep;
  timeoutMs: number;
}): Judge {
  const { basis, prompt, model, structuredModel, timeoutMs } = options;
  // Servers that know no response_format answer 400; after the first such reply they are asked without.
  let structured = true;

  async function callModel(messages: BaseMessage[], config: RunnableConfig): Promise<AIMessageChunk> {
    if (structured) {
      try {
        return await structuredModel.invoke(messages, config);
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'MODEL_REJECTED' && isBadRequest(error.cause))) throw error;
        structured = false;
      }
    }
    return await model.invoke(messages, config);
  }

  return step(`evaluate with ${basis}`, async (state: Answered, config): Promise<Verdict> => {
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = config.signal ? AbortSignal.any([config.signal, deadline]) : deadline;
    const within = { ...config, signal };
    try {
      const { question, answer, context } = state;
      const filled = { question: inert(question), answer: inert(answer.text), context: formatContext(context) };
      const messages = (await prompt.invoke(filled, within)).toChatMessages();
      let reply = readText(await callModel(messages, within));
      let judgement = readJudgement(reply);
      if (!judgement) {
        reply = readText(await callModel([...messages, new AIMessage(reply), repairRequest], within));
        judgement = readJudgement(reply);
      }
      if (!judgement) return unjudged(basis, 'unparseable', "The evaluation's reply could not be read.");
      const { verdict: label, score, reason, quotes } = judgement;
      return { label, basis, score, reason, evidence: findEvidence(quotes, state.context), problem: null };
    } catch (error) {
      if (config.signal?.aborted) throw error; // the ask is over: not for the evaluation to say
      return deadline.aborted ? problemOf(basis, 'timeout') : problemOf(basis, toProblem(error));
    }
  });
}

/** The verdict when the evaluation failed: its label is `Unjudged`, and nothing of the failure's own words shows. */
function problemOf(basis: Basis, problem: Problem): Verdict {
  const reasons: Record<Problem, string> = {
    timeout: 'The evaluation was not ready in time.',
    unparseable: "The evaluation's reply could not be read.",
    unavailable: 'The evaluation model could not be reached.',
    skipped: 'No evaluation was asked for.',
  };
  return unjudged(basis, problem, reasons[problem]);
}

function toProblem(error: unknown): Problem {
  if (!(error instanceof AppError)) return 'unavailable';
  if (error.code === 'MODEL_TIMEOUT') return 'timeout';
  return error.code === 'MODEL_BAD_OUTPUT' ? 'unparseable' : 'unavailable';
}

const isBadRequest = (cause: unknown) => [400, 422].includes((cause as { status?: number } | undefined)?.status ?? 0);

/**
 * The evaluation step: the judge or judges that the ask wants, in parallel where there are two. An answer that says there
 * is none is not judged.
 */
export function createEvaluate(judges: Record<Basis, Judge>): Runnable<Answered, Verdicts> {
  const skip = step('skip evaluation', ({ answer, evaluation }: Answered): Verdicts => {
    const reason = answer.abstained ? 'There is no answer to judge.' : 'No evaluation was asked for.';
    const basis = evaluation === 'answer' ? 'answer' : 'context';
    const verdict = unjudged(basis, 'skipped', reason);
    return evaluation === 'both' ? { context: verdict, answer: { ...verdict, basis: 'answer' } } : { [basis]: verdict };
  });
  const judge = (...bases: Basis[]) =>
    named(
      `judge by ${bases.join(' and ')}`,
      RunnableMap.from<Answered, Verdicts>(Object.fromEntries(bases.map((basis) => [basis, judges[basis]])) as never),
    );
  const wants = (evaluation: Evaluation) =>
    step(`wants ${evaluation}`, (state: Answered) => state.evaluation === evaluation);
  const isIdle = step(
    'has nothing to judge',
    ({ answer, evaluation }: Answered) => answer.abstained || evaluation === 'none',
  );
  return named(
    'choose judges',
    RunnableBranch.from<Answered, Verdicts>([
      [isIdle, skip],
      [wants('both'), judge('context', 'answer')],
      [wants('answer'), judge('answer')],
      judge('context'),
    ]),
  );
}
