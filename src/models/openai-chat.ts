import { AIMessageChunk, type BaseMessage } from '@langchain/core/messages';
import { type Runnable, type RunnableConfig, RunnableLambda } from '@langchain/core/runnables';
import { initChatModel } from 'langchain';
import { translateFailure } from './translate-failure.ts';

/** A chat model as a step: messages in, its message out; failures are ours. */
export type ChatStep = Runnable<BaseMessage[], AIMessageChunk>;

/**
 * A chat model of an OpenAI-compatible server, made by LangChain's initialiser: temperature 0, explicit deadline and
 * retries, no limit of its own on how many calls run at once.
 * @returns a function that makes a step of it, with the options that go into each call's body
 */
export async function openChatModel(settings: {
  model: string;
  baseUrl?: string | undefined;
  apiKey: string;
  maxRetries: number;
  timeoutMs: number;
}) {
  const { model: name, baseUrl, apiKey, maxRetries, timeoutMs } = settings;
  const model = await initChatModel(name, {
    modelProvider: 'openai',
    apiKey,
    configuration: { baseURL: baseUrl },
    maxRetries,
    timeout: timeoutMs,
    maxConcurrency: Number.POSITIVE_INFINITY,
    temperature: 0,
    useResponsesApi: false, // few compatible servers have that interface
  });

  return (options: { responseFormat?: object; streams?: boolean } = {}): ChatStep => {
    const callOptions = options.responseFormat ? { response_format: options.responseFormat } : {};
    const lambda = new RunnableLambda<BaseMessage[], AIMessageChunk>({
      func: async (messages: BaseMessage[], config: RunnableConfig) => {
        const onToken = options.streams ? config.configurable?.onToken : undefined;
        try {
          if (!onToken) return (await model.invoke(messages, { ...config, ...callOptions })) as AIMessageChunk;
          let whole = new AIMessageChunk('');
          for await (const chunk of await model.stream(messages, { ...config, ...callOptions })) {
            if (chunk.text !== '') onToken(chunk.text);
            whole = whole.concat(chunk);
          }
          return whole;
        } catch (error) {
          throw translateFailure(error);
        }
      },
    });
    lambda.name = 'call model';
    return lambda;
  };
}
