import { AIMessage, AIMessageChunk } from '@langchain/core/messages';
import type { OpenAI } from 'openai';
import { AppError } from '../errors.ts';

export type Completion = OpenAI.Chat.ChatCompletion;
export type Chunk = OpenAI.Chat.ChatCompletionChunk;
type Choice = Completion['choices'][number];
type ChunkChoice = Chunk['choices'][number];

/** No useful text is longer, in UTF-16 code units. */
export const longestText = 1_000_000;

export const badOutput = (words: string) => new AppError('MODEL_BAD_OUTPUT', words);
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * A reply as a completion: a list of choices, the first of which has a message with a text.
 * @throws AppError MODEL_BAD_OUTPUT where it is none
 */
export function toCompletion(reply: unknown): Completion {
  const choices = isObject(reply) && 'choices' in reply ? reply.choices : undefined;
  const [choice] = Array.isArray(choices) ? choices : [];
  if (!isObject(choice)) throw badOutput('The model server replied without a completion.');
  const { message } = choice as Choice;
  (choice as Choice).message = { ...message, content: toText(message?.content) };
  return reply as Completion;
}

/** The text of a message. Some servers send it in parts, or leave it out where it is empty. */
function toText(content: unknown): string {
  const parts = Array.isArray(content) ? content : [{ text: content ?? '' }];
  let text = '';
  for (const part of parts) {
    // Reasoning models may put their thinking into a part of its own.
    if (isObject(part) && 'type' in part && part.type !== 'text') continue;
    if (!isObject(part) || !('text' in part) || typeof part.text !== 'string')
      throw badOutput('The model server replied with what is no text.');
    text += part.text;
  }
  if (text.length > longestText) throw badOutput('The model replied with more text than can be of use.');
  return text;
}

/**
 * An event of a streamed reply as a chunk: its first choice, if any, with its text.
 * @throws AppError MODEL_BAD_OUTPUT where it is none
 */
export function toChunk(event: unknown): Chunk {
  const choices = isObject(event) ? ((event as Partial<Chunk>).choices ?? []) : undefined;
  if (!Array.isArray(choices) || (choices.length > 0 && !isObject(choices[0])))
    throw badOutput('The model server sent what is no chunk.');
  const [choice] = choices as Partial<ChunkChoice & Choice>[];
  if (!choice) return { ...(event as Chunk), choices: [] };
  // A server that doesn't stream sends the whole message at once; some stream the message so far beside what is new.
  const delta = choice.delta ?? choice.message;
  return {
    ...(event as Chunk),
    choices: [{ ...choice, delta: { ...delta, content: toText(delta?.content) } } as ChunkChoice],
  };
}

/** Whether an event of a streamed reply says no more than that a reply will come: its role, or what a filter found in the prompt. */
export function onlyAnnounces(event: unknown): boolean {
  const choices = isObject(event) ? ((event as Partial<Chunk>).choices ?? []) : undefined;
  if (!Array.isArray(choices)) return false;
  const [choice] = choices as Partial<ChunkChoice & Choice>[];
  if (!choice) return choices.length === 0;
  const said = Object.entries(choice.delta ?? choice.message ?? {});
  return !choice.finish_reason && said.every(([name, value]) => name === 'role' || !value);
}

type Usage = { prompt_tokens?: number; completion_tokens?: number; total_tokens?: number } | null | undefined;
/** @param counted what was told of the same reply before: LangChain adds up what its chunks say */
const toUsage = (usage: Usage, counted?: Usage) =>
  usage && {
    input_tokens: (usage.prompt_tokens ?? 0) - (counted?.prompt_tokens ?? 0),
    output_tokens: (usage.completion_tokens ?? 0) - (counted?.completion_tokens ?? 0),
    total_tokens: (usage.total_tokens ?? 0) - (counted?.total_tokens ?? 0),
  };

/** A completion as LangChain's message. */
export function toMessage({ choices: [choice], usage }: Completion): AIMessageChunk {
  const told = toUsage(usage);
  return new AIMessage({
    content: choice!.message.content ?? '',
    response_metadata: { finish_reason: choice!.finish_reason, logprobs: choice!.logprobs },
    ...(told && { usage_metadata: told }),
  }) as unknown as AIMessageChunk;
}

/** Chunks as LangChain's message chunks; empty ones are left out. */
export async function* toMessageChunks(chunks: AsyncIterable<Chunk>): AsyncGenerator<AIMessageChunk> {
  let isFinished = false;
  let counted: Usage; // some servers tell the counts so far with each chunk
  for await (const { choices, usage } of chunks) {
    const content = choices[0]?.delta.content ?? '';
    // Passed on only once: LangChain would join a second one to the first.
    const finish_reason: string | null | undefined = isFinished ? null : choices[0]?.finish_reason;
    isFinished ||= Boolean(finish_reason);
    const told = toUsage(usage, counted);
    counted = usage ?? counted;
    if (content !== '' || finish_reason || told)
      yield new AIMessageChunk({
        content,
        ...(finish_reason && { response_metadata: { finish_reason } }),
        ...(told && { usage_metadata: told }),
      });
  }
}
