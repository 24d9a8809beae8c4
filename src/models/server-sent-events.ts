import type { Dispatcher } from 'undici';
import { AppError } from '../errors.ts';

/** No event of a model is longer, in UTF-16 code units. */
const longestLine = 2 ** 20;

/**
 * The JSON of each event of a reply as it comes, up to `[DONE]`; a server that doesn't stream but replies at once gives
 * one. Linear in the length of the reply, however it is cut into pieces. The body is left as it is then, for the caller
 * to end.
 * @throws AppError MODEL_BAD_OUTPUT for a line without end; SyntaxError for data that is not JSON
 */
export async function* eventsOf<Event>({ body, headers }: Dispatcher.ResponseData): AsyncGenerator<Event> {
  if (!/event-stream/.test(String(headers['content-type']))) {
    yield (await body.json()) as Event;
    return;
  }
  const decoder = new TextDecoder();
  let begun = '';
  for await (const piece of body.iterator({ destroyOnReturn: false })) {
    const lines = decoder.decode(piece as Buffer, { stream: true }).split('\n');
    const last = lines.pop()!;
    for (const rest of lines) {
      const line = begun + rest;
      begun = '';
      if (!line.startsWith('data:')) continue;
      const data = line.slice('data:'.length).trim();
      if (data === '[DONE]') return;
      if (data !== '') yield JSON.parse(data) as Event;
    }
    begun += last;
    if (begun.length > longestLine)
      throw new AppError('MODEL_BAD_OUTPUT', 'The model server sends an event without an end.');
  }
}
