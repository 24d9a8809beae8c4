import type { Dispatcher } from 'undici';
import { AppError } from '../errors.ts';

/** No event of a model is longer, in UTF-16 code units: what goes on without a line end is no event. */
const longestLine = 2 ** 20;

/**
 * The JSON of each event of a reply as it comes, up to `[DONE]`; a server that doesn't stream and replies at once gives one. Takes time
 * in proportion to the reply, however it is cut.
 * @throws AppError MODEL_BAD_OUTPUT for a line that doesn't end; SyntaxError for data that is no JSON
 */
export async function* eventsOf<Event>({ body, headers }: Dispatcher.ResponseData): AsyncGenerator<Event> {
  if (!/event-stream/.test(String(headers['content-type']))) {
    yield (await body.json()) as Event;
    return;
  }
  const decoder = new TextDecoder();
  let begun = '';
  for await (const piece of body) {
    const lines = decoder.decode(piece as Buffer, { stream: true }).split('\n');
    const last = lines.pop()!;
    for (const rest of lines) {
      const data = /^data: ?(.*?)\r?$/.exec(begun + rest)?.[1];
      begun = '';
      if (data === '[DONE]') return;
      if (data) yield JSON.parse(data) as Event;
    }
    begun += last;
    if (begun.length > longestLine)
      throw new AppError('MODEL_BAD_OUTPUT', 'The model server sends an event without an end.');
  }
}
