import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { AppError } from '../errors.ts';

/** No event of a model is longer, in UTF-16 code units. */
const longestLine = 2 ** 20;
/** No useful reply of a chat model that comes whole is longer, in bytes: 8 MiB of brackets take a second to parse. */
export const longestWhole = 2 * 2 ** 20;
/** No useful reply that comes whole is in more pieces: each takes a hundred bytes of memory, however short it is. */
export const mostPieces = 100_000;
/** How many lines are read before others have their turn: a server may send thousands at once. */
const readAtOnce = 512;

/** llama.cpp before October 2025 tells of errors in a field of their own. */
const errorField = 'error';

/**
 * The JSON of each event of a reply as it comes, up to `[DONE]`; a server that doesn't stream but replies at once gives
 * one. Linear in the length of the reply, however it is cut into pieces. The body is left as it is then, for the caller
 * to end.
 * @param onDone is called where the server has said that this was all
 * @throws AppError MODEL_BAD_OUTPUT for a line without end, or a whole reply that is too long; SyntaxError for data that is not JSON
 */
export async function* eventsOf<Event>(
  { body, headers }: Dispatcher.ResponseData,
  onDone = () => {},
): AsyncGenerator<Event> {
  if (!/event-stream/i.test(String(headers['content-type']))) {
    yield JSON.parse(await wholeText(body)) as Event;
    return onDone();
  }
  let read = 0;
  const decoder = new TextDecoder();
  let begun = '';
  for await (const piece of body.iterator({ destroyOnReturn: false })) {
    const lines = decoder.decode(piece as Buffer, { stream: true }).split('\n');
    const last = lines.pop()!;
    for (const rest of lines) {
      read += 1;
      if (read % readAtOnce === 0) await nextTurn();
      const line = begun + rest;
      begun = '';
      const colon = line.indexOf(':');
      const field = line.slice(0, colon);
      if (field !== 'data' && field !== errorField) continue;
      const data = line.slice(colon + 1).trim();
      if (data === '[DONE]') return onDone();
      if (data === '') continue;
      yield (field === errorField ? { error: JSON.parse(data) } : JSON.parse(data)) as Event;
    }
    begun += last;
    if (begun.length > longestLine)
      throw new AppError('MODEL_BAD_OUTPUT', 'The model server sends an event without an end.');
  }
}

async function wholeText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let pieces = 0;
  for await (const piece of body) {
    text += decoder.decode(piece as Buffer, { stream: true });
    pieces += 1;
    if (pieces > mostPieces || text.length > longestWhole)
      throw new AppError('MODEL_BAD_OUTPUT', 'The reply of the model server is too long.');
  }
  return text;
}
