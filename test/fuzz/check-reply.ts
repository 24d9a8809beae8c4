import { z } from 'zod';
import { type FuzzRequest, failureMarker, type OpenApi } from './requests.ts';
import type { Reply } from './send.ts';

/** What a service may say while its model server fails. */
const upstreamStatuses = [502, 503, 504];

/**
 * Makes the check of a reply against what the OpenAPI document promises of its route and status.
 * @returns what is wrong with the reply, or null
 */
export function createReplyCheck(document: OpenApi) {
  const compiled = new Map<string, z.ZodType>();
  const anyOperation = Object.values(Object.values(document.paths)[0]!)[0]!;

  /** The schema of a route's reply; the one of errors where the route, or the status, is not told of. */
  function schemaFor(route: string, status: number): z.ZodType {
    const key = `${route} ${status}`;
    const known = compiled.get(key);
    if (known) return known;
    const [method = '', path = ''] = route.split(' ');
    const { responses } = document.paths[path]?.[method.toLowerCase()] ?? anyOperation;
    const content = (responses[status] ?? responses.default)?.content?.['application/json'];
    const schema = content ? z.fromJSONSchema(content.schema as never) : z.undefined();
    compiled.set(key, schema);
    return schema;
  }

  function offence(schema: z.ZodType, value: unknown): string | null {
    const parsed = schema.safeParse(value);
    return parsed.success
      ? null
      : `outside its schema: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}`;
  }

  /** Events come in order, each with JSON; the last is the whole reply, or an error. */
  function offenceOfStream(route: string, text: string): string | null {
    const events = text.split('\n\n').filter((each) => each !== '');
    const read = events.map((each) => /^event: (\w+)\ndata: (.*)$/.exec(each));
    if (read.some((each) => each === null)) return 'an event cannot be read';
    const [, name, data = ''] = read.at(-1) ?? [];
    if (name === 'done') return offence(schemaFor(route, 200), JSON.parse(data));
    return name === 'error'
      ? offence(schemaFor(route, 500), { error: JSON.parse(data) })
      : `the stream ends with ${name}`;
  }

  /** The shapes that a failure of a request may have: that of its route, and the common one where it fails before its route is known. */
  function errorSchemas({ route, path }: FuzzRequest, status: number): z.ZodType[] {
    const isOpenAi = route === 'elsewhere' && /^\/v1(?:[/?]|$)/.test(path);
    return [schemaFor(isOpenAi ? 'POST /v1/chat/completions' : route, status), schemaFor('', status)];
  }

  function offenceOfBody(request: FuzzRequest, { status, headers, text }: NonNullable<Reply>): string | null {
    const { route, method } = request;
    const type = headers['content-type'] ?? '';
    if (method === 'HEAD') return text === '' ? null : 'a HEAD has a body';
    if (status === 204 || status === 304) return text === '' ? null : `a ${status} has a body`;
    if (type.startsWith('text/event-stream')) return offenceOfStream(route, text);
    const isKnown = route.includes(' /');
    if (status < 400 && !isKnown) return null; // pages and files, or a route met by chance
    if (route === 'GET /metrics' && status === 200 && type.startsWith('text/plain')) return null;
    if (!/^application\/json\b/.test(type)) return `content type ${type}`;
    const body = JSON.parse(text);
    const schemas = status < 400 ? [schemaFor(route, status)] : errorSchemas(request, status);
    const wrong = schemas.map((schema) => offence(schema, body));
    if (!wrong.includes(null)) return wrong[0]!;
    return offenceOfError(status, headers, text);
  }

  function offenceOfError(status: number, headers: Record<string, string>, text: string): string | null {
    if (status < 400) return null;
    const { requestId, message } = JSON.parse(text).error;
    // The OpenAI door's errors have the shape that its clients know, without an id.
    if (requestId !== undefined && requestId !== headers['x-request-id'])
      return 'the request id of the body is not that of the head';
    return /node_modules|\n\s+at /.test(message) ? 'the message tells of the inside' : null;
  }

  return (request: FuzzRequest, reply: Reply): string | null => {
    if (!reply) return request.raw || request.body ? null : 'no reply';
    const { status, headers } = reply;
    const mayFail = request.body?.includes(failureMarker) && upstreamStatuses.includes(status);
    if (status >= 500 && !mayFail) return `status ${status}`;
    if (!headers['x-request-id']) return 'no x-request-id';
    return offenceOfBody(request, reply);
  };
}
