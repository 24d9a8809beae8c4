import type { Runnable } from '@langchain/core/runnables';
import { step } from './step.ts';

/** One thing said in a conversation. */
export type Turn = { role: 'user' | 'assistant'; text: string };

/** A question and the conversation that it may lean on, oldest turn first. */
export type InConversation = { question: string; history: Turn[] };

/**
 * The step that rewrites a question of a conversation so that it stands by itself, for the search and for the judge.
 */
export type StandaloneQuestion = Runnable<InConversation, string>;

/** Makes a chain that answers questions into one that answers the questions of a conversation. */
export function inConversation<Asked extends { question: string }, Outcome>(
  standaloneQuestion: StandaloneQuestion,
  chain: Runnable<Asked, Outcome>,
): Runnable<Asked & { history: Turn[] }, Outcome> {
  return step('in conversation', async ({ history, ...asked }: Asked & { history: Turn[] }, config) => {
    const question = await standaloneQuestion.invoke({ question: asked.question, history }, config);
    return chain.invoke({ ...asked, question } as unknown as Asked, config);
  });
}
