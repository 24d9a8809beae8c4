import type { Runnable } from '@langchain/core/runnables';
import { step } from './step.ts';

/** What was said before in a conversation, oldest first. */
export type Turn = { role: 'user' | 'assistant'; text: string };

/** A question with the conversation that it may lean on. */
export type InConversation = { question: string; history: Turn[] };

/** The step that makes a question of a conversation one that stands by itself, for the search and for the judge. */
export type StandaloneQuestion = Runnable<InConversation, string>;

/** A chain that answers questions, as one that answers the questions of a conversation. */
export function inConversation<Asked extends { question: string }, Outcome>(
  standaloneQuestion: StandaloneQuestion,
  chain: Runnable<Asked, Outcome>,
): Runnable<Asked & { history: Turn[] }, Outcome> {
  return step('in conversation', async ({ history, ...asked }: Asked & { history: Turn[] }, config) => {
    const question = await standaloneQuestion.invoke({ question: asked.question, history }, config);
    return chain.invoke({ ...asked, question } as unknown as Asked, config);
  });
}
