import { HumanMessage } from '@langchain/core/messages';
import { openModelServer } from '../../src/models/model-server.ts';
import { CheckedOpenAiChatModel } from '../../src/models/openai-chat-model.ts';
import { CheckedOpenAiEmbeddings } from '../../src/models/openai-embeddings.ts';
import { startOpenAiServer } from './openai-server.ts';
import type { Test } from './temporary-folder.ts';

/** A message for a chat model, where it doesn't matter what it says. */
export const hello = [new HumanMessage('hello')];

/** A scripted model server, and the service's own clients of its models; they retry nothing unless the options say so. */
export async function openServedModels(test: Test, options: { maxRetries?: number; timeoutMs?: number } = {}) {
  const openai = await startOpenAiServer({ test });
  const server = openModelServer({ baseUrl: openai.baseUrl, apiKey: 'k', maxRetries: 0, timeoutMs: 5000, ...options });
  const fields = { model: 'm', server };
  return { openai, server, embeddings: new CheckedOpenAiEmbeddings(fields), chat: new CheckedOpenAiChatModel(fields) };
}

/** The whole text of a streamed reply. */
export async function readStream(chat: CheckedOpenAiChatModel): Promise<string> {
  let text = '';
  for await (const chunk of await chat.stream(hello)) text += chunk.text;
  return text;
}
