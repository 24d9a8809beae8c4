import type { Dispatcher } from 'undici';
import type { startDeadline } from '../deadline.ts';
import type { Breaker } from './breaker.ts';
import { eventsOf } from './server-sent-events.ts';
import { isGood, refuseReportedFailure, ServerReplied, translateFailure } from './translate-failure.ts';

/** How many events that say nothing may come before a reply counts as begun all the same. */
const mostAnnouncements = 16;
/** How much of a refusal is read, in UTF-16 code units. */
const longestRefusal = 2 ** 14;
/** How long a server may take to end a stream after its last event, in milliseconds. */
const endMayTakeMs = 500;

/** How a caller follows a stream of server-sent events. */
export type StreamWatch = {
  /** Tells an event that says no more than that a reply will come. */
  onlyAnnounces?: (event: unknown) => boolean;
  /** Is called, after the last event, where the server has said that this was all; a connection may also just end. */
  onDone?: () => void;
};

type BegunStream<Event> = { response: Dispatcher.ResponseData; first: Event[]; events: AsyncGenerator<Event> };

/** Sends a request and reads the reply as far as its first event that says something; rejects with translated failures. */
export async function beginStream<Event>(
  dispatcher: Dispatcher,
  request: Dispatcher.RequestOptions & { signal: AbortSignal },
  { onlyAnnounces = () => false, onDone }: StreamWatch = {},
): Promise<BegunStream<Event>> {
  let response: Dispatcher.ResponseData | undefined;
  try {
    response = await dispatcher.request(request);
    if (!isGood(response.statusCode))
      throw new ServerReplied(response.statusCode, response.headers, await beginningOf(response.body));
    const events = eventsOf<Event>(response, onDone);
    const first: Event[] = [];
    while (first.length < mostAnnouncements) {
      const { value, done } = await events.next();
      if (done) break;
      refuseReportedFailure(value);
      first.push(value);
      if (!onlyAnnounces(value)) break;
    }
    return { response, first, events };
  } catch (error) {
    response?.body.on('error', () => {}).destroy();
    throw translateFailure(error, request.signal);
  }
}

/** The events of a stream that has begun. How it ends is noted, and its connection is free then, also if the reader stops early. */
export async function* readOn<Event>(
  { response: { body }, first, events }: BegunStream<Event>,
  breaker: Breaker,
  deadline: ReturnType<typeof startDeadline>,
): AsyncGenerator<Event> {
  let isDone = false;
  try {
    yield* first;
    for await (const event of events) {
      refuseReportedFailure(event);
      yield event;
    }
    isDone = true;
    letEnd(body);
    breaker.succeeded();
  } catch (error) {
    const failure = translateFailure(error, deadline.signal);
    breaker.failed(failure);
    throw failure;
  } finally {
    deadline.end();
    if (!isDone) body.on('error', () => {}).destroy();
  }
}

/** The beginning of a reply; empty where it breaks off before. What does not come is not waited for beyond the call's deadline. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  let text = '';
  try {
    for await (const piece of body) {
      text += (piece as Buffer).toString();
      if (text.length > longestRefusal) break;
    }
  } catch {
    // the status says enough
  }
  return text;
}

/**
 * Lets the server end a reply whose last event has come, so that its connection can be used again; not for long, and
 * whatever comes of it.
 */
function letEnd(body: Dispatcher.ResponseData['body']) {
  if (body.readableEnded || body.destroyed) return;
  const late = setTimeout(() => body.destroy(), endMayTakeMs).unref();
  body
    .once('close', () => clearTimeout(late))
    .on('error', () => {})
    .resume();
}
