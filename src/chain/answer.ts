import { AIMessageChunk, type BaseMessage } from '@langchain/core/messages';
import type { BasePromptValueInterface } from '@langchain/core/prompt_values';
import type { Runnable, RunnableConfig } from '@langchain/core/runnables';
import { AppError } from '../errors.ts';
import { noteSoFar, recorded } from '../trail.ts';
import { isAbstention } from './abstention.ts';
import { type Prompt, valuesFor } from './prompts.ts';
import { formatContext, inert } from './retrieve.ts';
import { type Answer, defaultAbstention, type Retrieved } from './state.ts';
import { choice, type OnToken, sequence, step } from './step.ts';
import { wellFormed, withoutThinking } from './thinking.ts';

/** A chat model as a step: messages in, its reply out. Any of LangChain's chat models is one. */
export type ChatStep = Runnable<BaseMessage[], AIMessageChunk>;

/** Anything that answers from a context: a model behind a prompt, or the extraction of sentences. */
export type AnswerStep = Runnable<Retrieved, Answer>;

/** The reasons for which a model is stopped before its reply is whole. */
export const cutOffReasons = new Set<unknown>(['length', 'content_filter']);

/**
 * Answers by a language model: the prompt, the model, its text.
 * @throws AppError MODEL_BAD_OUTPUT where the reply has no text besides thinking; whatever the model throws
 */
export function createModelAnswer(options: { prompt: Prompt; model: ChatStep }): AnswerStep {
  return sequence('answer by model', [
    step('fill answer prompt', ({ question, context }: Retrieved) =>
      valuesFor(options.prompt, { question: inert(question), context: formatContext(context) }),
    ),
    options.prompt,
    tellingTokens(options.model),
    step('read answer', (message: AIMessageChunk): Answer => {
      const text = textOfReply(message);
      if (text === '') throw new AppError('MODEL_BAD_OUTPUT', 'The model replied without a text.');
      if (isAbstention(text)) return { text: defaultAbstention, abstained: true };
      const isCutOff = cutOffReasons.has(message.response_metadata.finish_reason);
      return { text, abstained: false, ...(isCutOff && { isCutOff }) };
    }),
  ] as Runnable[]);
}

/**
 * The model as a step. Where somebody listens (`configurable.onToken`) its reply is streamed to them; otherwise it
 * comes whole.
 */
function tellingTokens(model: ChatStep): Runnable<BasePromptValueInterface, AIMessageChunk> {
  return step('call model', async (prompt: BasePromptValueInterface, config) => {
    const messages = prompt.toChatMessages();
    const onToken = config.configurable?.onToken as OnToken | undefined;
    if (!onToken) return model.invoke(messages, config);
    return recorded(config, model.getName(), 'model', messages, async (within) => {
      let whole: AIMessageChunk | undefined;
      for await (const chunk of await model.stream(messages, within)) {
        const text = textOf(chunk);
        if (text !== '') await onToken(text);
        whole = whole ? whole.concat(chunk) : chunk;
        noteSoFar(within, whole);
      }
      return whole ?? new AIMessageChunk('');
    });
  });
}

/**
 * Tells whoever listens (`configurable.onToken`) a text that no model wrote, all at once, so that the tokens of every
 * answer add up to its text.
 */
export async function tellWhole(text: string, config: RunnableConfig): Promise<void> {
  await (config.configurable?.onToken as OnToken | undefined)?.(text);
}

/** A message's text without the thinking that some models write before it; empty where there is no other text. */
export function textOfReply(message: AIMessageChunk): string {
  return wellFormed(withoutThinking(textOf(message)));
}

/** `text` reads any provider's content blocks, at some cost; most servers send plain text. */
const textOf = (message: AIMessageChunk) => (typeof message.content === 'string' ? message.content : message.text);

/**
 * The answer step behind a check whether the context holds an answer at all: where it doesn't, no model is called.
 * @param suffices the check; by default any context with a passage passes
 * @param abstention what an answer says when it abstains, whichever step decided so
 */
export function abstainUnlessSufficient(
  answer: AnswerStep,
  suffices: Runnable<Retrieved, boolean> = step('has a passage', ({ context }) => context.length > 0),
  abstention = defaultAbstention,
): AnswerStep {
  const abstain = step('abstain', async (_given: Retrieved, config): Promise<Answer> => {
    await tellWhole(abstention, config);
    return { text: abstention, abstained: true };
  });
  const word = step('word abstention', (given: Answer) => (given.abstained ? { ...given, text: abstention } : given));
  const inWords = sequence<Retrieved, Answer>('answer in words', [answer, word as Runnable]);
  return choice('answer or abstain', [[suffices, inWords]], abstain);
}
