import { AIMessageChunk, type BaseMessage } from '@langchain/core/messages';
import type { BasePromptValueInterface } from '@langchain/core/prompt_values';
import type { Runnable, RunnableConfig } from '@langchain/core/runnables';
import { AppError } from '../errors.ts';
import { recorded } from '../trail.ts';
import { isAbstention } from './abstention.ts';
import type { Prompt } from './prompts.ts';
import { formatContext, inert } from './retrieve.ts';
import { type Answer, abstention, type Retrieved } from './state.ts';
import { choice, type OnToken, sequence, step } from './step.ts';
import { wellFormed, withoutThinking } from './thinking.ts';

/** A chat model as a step: messages in, its message out. Any of LangChain's chat models is one. */
export type ChatStep = Runnable<BaseMessage[], AIMessageChunk>;

/** Anything that answers from a context: a model behind a prompt, or the extraction of sentences. */
export type AnswerStep = Runnable<Retrieved, Answer>;

/**
 * The basic chain's second half: the prompt, the model, its text.
 * @throws AppError MODEL_BAD_OUTPUT where the model replies without any text but thinking
 */
export function createModelAnswer(options: { prompt: Prompt; model: ChatStep }): AnswerStep {
  return sequence('answer by model', [
    step('fill answer prompt', ({ question, context }: Retrieved) => ({
      question: inert(question),
      context: formatContext(context),
    })),
    options.prompt,
    tellingTokens(options.model),
    step('read answer', (message: AIMessageChunk): Answer => {
      const text = readText(message);
      if (text === '') throw new AppError('MODEL_BAD_OUTPUT', 'The model replied without a text.');
      if (isAbstention(text)) return { text: abstention, abstained: true };
      const isCutOff = message.response_metadata.finish_reason === 'length';
      return { text, abstained: false, ...(isCutOff && { isCutOff }) };
    }),
  ] as Runnable[]);
}

/**
 * The model, whose reply is told piece by piece (`configurable.onToken`) where somebody listens, and comes whole where not.
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
      }
      return whole ?? new AIMessageChunk('');
    });
  });
}

/**
 * Tells whoever listens (`configurable.onToken`) a text that no model wrote, all at once, so that of every answer the tokens are its
 * text.
 */
export async function tellWhole(text: string, config: RunnableConfig): Promise<void> {
  await (config.configurable?.onToken as OnToken | undefined)?.(text);
}

/** A message's text without the thinking that some models write before it; empty where there is no other. */
export function readText(message: AIMessageChunk): string {
  return wellFormed(withoutThinking(textOf(message)));
}

/** LangChain reads any provider's blocks in `text`, at some cost; most servers send plain text. */
const textOf = (message: AIMessageChunk) => (typeof message.content === 'string' ? message.content : message.text);

/**
 * The answer step before which it is asked whether there is anything to answer from: where there isn't, no model is called.
 * @param suffices says so; every context with a passage by default
 * @param words what an answer says that abstains, whichever step decided it
 */
export function abstainUnlessSufficient(
  answer: AnswerStep,
  suffices: Runnable<Retrieved, boolean> = step('has a passage', ({ context }) => context.length > 0),
  words = abstention,
): AnswerStep {
  const abstain = step('abstain', async (_given: Retrieved, config): Promise<Answer> => {
    await tellWhole(words, config);
    return { text: words, abstained: true };
  });
  const word = step('word abstention', (given: Answer) => (given.abstained ? { ...given, text: words } : given));
  const inWords = sequence<Retrieved, Answer>('answer in words', [answer, word as Runnable]);
  return choice('answer or abstain', [[suffices, inWords]], abstain);
}
