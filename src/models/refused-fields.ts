import { type AppError, refusesRequest } from '../errors.ts';
import type { ServerReplied } from './translate-failure.ts';

/** Makes the body of a request for the model of this name, without these fields: JSON, or an object to be made into it. */
export type BodyFor = (model: string, without: ReadonlySet<string>) => object | string;

/** The fields that a model's server has refused: some know no `stream_options`, some models take no `temperature`. */
const refused = new WeakMap<object, ReadonlySet<string>>();
const nothing: ReadonlySet<string> = new Set();

/** Sends a request, and again without fields that the server refuses. Where that helped, they are left out from then on. */
export async function sendWithoutRefused<Reply>(
  served: { model: string },
  bodyFor: BodyFor,
  send: (body: object | string) => Promise<Reply>,
  without = refused.get(served) ?? nothing,
): Promise<Reply> {
  try {
    const reply = await send(bodyFor(served.model, without));
    if (without.size > 0) refused.set(served, without);
    return reply;
  } catch (error) {
    const about = refusesRequest(error) ? ((error as AppError).cause as ServerReplied).about : [];
    const more = new Set([...without, ...about]);
    if (more.size === without.size) throw error;
    return sendWithoutRefused(served, bodyFor, send, more);
  }
}

export function withoutFields(fields: object, without: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !without.has(name)));
}
