import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import type { BasePromptValueInterface } from '@langchain/core/prompt_values';
import type { ChatPromptTemplate } from '@langchain/core/prompts';
import { type Runnable, RunnableSequence } from '@langchain/core/runnables';
import { AppError } from '../errors.ts';
import { formatContext } from './retrieve.ts';
import { type Answer, abstention, type Retrieved } from './state.ts';
import { step } from './step.ts';

/** A chat model as a step: messages in, its message out. Any of LangChain's chat models is one. */
export type ChatStep = Runnable<BaseMessage[], AIMessageChunk>;

/** Anything that answers from a context: a model behind a prompt, or the extraction of sentences. */
export type AnswerStep = Runnable<Retrieved, Answer>;

/** How the prompt tells a model to abstain, with what models make of it. */
const abstains = /^\W*i (?:don['’]?t|do not) know\b[^\n]{0,200}$/i;

/**
 * The basic chain's second half: the prompt, the model, its text.
 * @throws AppError MODEL_BAD_OUTPUT where the model replies without any text
 */
export function createModelAnswer(options: { prompt: ChatPromptTemplate; model: ChatStep }): AnswerStep {
  return RunnableSequence.from<Retrieved, Answer>(
    [
      step('fill answer prompt', ({ question, context }: Retrieved) => ({ question, context: formatContext(context) })),
      options.prompt,
      step('messages', (prompt: BasePromptValueInterface) => prompt.toChatMessages()),
      options.model,
      step('read answer', (message: AIMessageChunk): Answer => {
        const text = readText(message);
        if (text === '') throw new AppError('MODEL_BAD_OUTPUT', 'The model replied without a text.');
        return abstains.test(text) ? { text: abstention, abstained: true } : { text, abstained: false };
      }),
    ],
    'answer',
  );
}

/** A message's text without the thinking that some models write before it. */
export function readText(message: AIMessageChunk): string {
  return message.text.replace(/<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/gi, '').trim();
}
