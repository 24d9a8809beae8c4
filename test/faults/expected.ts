import { type ChatReply, type EmbeddingReply, fail } from '../doubles/openai-replies.ts';

/**
 * What each failure of a model server becomes, for the step that it hits. `answer` and `embedding` are the status and code of
 * the reply; a stream that has begun ends with an `error` event of that code. `verdict` is the problem of the `Unjudged`
 * verdict that an answered ask comes with when the failure hits its evaluation.
 */
export type UpstreamFault = {
  name: string;
  chat?: () => ChatReply;
  embeddings?: () => EmbeddingReply;
  answer?: string;
  embedding?: string;
  verdict?: 'timeout' | 'unparseable' | 'unavailable';
  /** The `Retry-After` of the reply, in seconds. */
  retryAfter?: string;
};

const rejected = '502 MODEL_REJECTED';
const badOutput = '502 MODEL_BAD_OUTPUT';
const unavailable = '503 MODEL_UNAVAILABLE';
const timeout = '504 MODEL_TIMEOUT';
const both = (expected: string) => ({ answer: expected, embedding: expected });

const everywhere = (name: string, failure: () => ChatReply & EmbeddingReply, rest: Omit<UpstreamFault, 'name'>) => ({
  name,
  chat: failure,
  embeddings: failure,
  ...rest,
});

export const upstreamFaults: UpstreamFault[] = [
  everywhere('resets the connection', fail.reset, { ...both(unavailable), verdict: 'unavailable' }),
  everywhere('resets it in mid-reply', fail.resetMidBody, { ...both(unavailable), verdict: 'unavailable' }),
  everywhere('never replies', fail.hang, { ...both(timeout), verdict: 'timeout' }),
  everywhere('stops in mid-reply', fail.hangMidBody, { ...both(timeout), verdict: 'timeout' }),
  everywhere('sends its headers a byte at a time', () => fail.slowHead(50), { ...both(timeout), verdict: 'timeout' }),
  everywhere('sends its reply a byte at a time', () => fail.trickle(50), { ...both(timeout), verdict: 'timeout' }),
  everywhere('refuses the key: 401', () => fail.status(401), { ...both(rejected), verdict: 'unavailable' }),
  everywhere('knows no such model: 404', () => fail.status(404), { ...both(rejected), verdict: 'unavailable' }),
  everywhere('is overloaded: 429 with Retry-After', () => fail.status(429, { retryAfterSeconds: 7 }), {
    ...both(unavailable),
    verdict: 'unavailable',
    retryAfter: '7',
  }),
  everywhere('fails: 500', () => fail.status(500), { ...both(unavailable), verdict: 'unavailable' }),
  everywhere('sends a page of HTML', fail.html, { ...both(badOutput), verdict: 'unparseable' }),
  everywhere('sends half a JSON', fail.halfJson, { ...both(badOutput), verdict: 'unparseable' }),
  everywhere('sends nothing', fail.empty, { ...both(badOutput), verdict: 'unparseable' }),
  everywhere('sends no choices, or no vectors', fail.noChoices, { ...both(badOutput), verdict: 'unparseable' }),
  { name: 'sends vectors of another length', embeddings: () => ({ dimension: 32 }), embedding: badOutput },
  { name: 'sends vectors that are no numbers', embeddings: fail.noNumbers, embedding: badOutput },
];

/** What each route replies while something is wrong with the store's process or its disk. */
export type HostFault = { name: string; expected: (route: string) => string };

/** Every route, with what it replies when all is well. */
export const healthy: Record<string, string> = {
  'POST /ask': '200 Correct',
  'POST /ask, streamed': '200 done',
  'POST /search': '200',
  'POST /documents': '201',
  'POST /documents, files': '201',
  'GET /documents': '200',
  'GET /documents/{id}': '200',
  'DELETE /documents/{id}': '204',
  'GET /collections': '200',
  'GET /collections/{name}': '200',
  'PUT /collections/{name}': '201',
  'DELETE /collections/{name}': '204',
  'GET /asks/{id}': '200 Correct',
  'POST /jobs': '202',
  'GET /health/live': '200',
  'GET /health/ready': '200',
};

const writes = /^(POST \/documents|PUT|DELETE)/;
const asAlways = (route: string) => healthy[route]!;

export const hostFaults = {
  killedBefore: { name: 'was killed before the request', expected: asAlways },
  killedAmid: {
    name: 'is killed in the midst of it',
    // What it had written already is there when it is asked again.
    expected: (route) => (healthy[route] === '201' ? '201 or 200' : asAlways(route)),
  },
  stopped: { name: 'is stopped, and goes on later', expected: asAlways },
  corruptSnapshot: { name: 'finds its index snapshot damaged', expected: asAlways },
  diskFull: {
    name: 'has no room on its disk',
    expected: (route) => (writes.test(route) ? '507 STORAGE_FULL' : asAlways(route)),
  },
  readOnly: {
    name: 'starts on a disk that is read-only',
    expected: (route) => (route === 'GET /health/live' ? '200' : '503 NOT_READY'),
  },
} satisfies Record<string, HostFault>;

/** The two tables as docs/faults.md shows them. */
export function tables(): { upstream: string; host: string } {
  const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;
  const verdictOf = (fault: UpstreamFault) => (fault.verdict ? `200, \`Unjudged\`, \`${fault.verdict}\`` : '–');
  const upstream = [
    row('the model server…', 'embedding: ask, search, documents', 'answer: ask', 'evaluation: ask'),
    row('---', '---', '---', '---'),
    row('cannot be reached', unavailable, unavailable, '200, `Unjudged`, `unavailable`'),
    ...upstreamFaults.map((fault) => row(fault.name, fault.embedding ?? '–', fault.answer ?? '–', verdictOf(fault))),
    row('floods: 10 GB of reply', badOutput, badOutput, '200, `Unjudged`, `unparseable`'),
  ];
  const faults: HostFault[] = Object.values(hostFaults);
  const host = [
    row('route', 'all is well', ...faults.map(({ name }) => `the host ${name}`)),
    row('---', '---', ...faults.map(() => '---')),
    ...Object.keys(healthy).map((route) =>
      row(route, healthy[route]!, ...faults.map(({ expected }) => expected(route))),
    ),
  ];
  return { upstream: upstream.join('\n'), host: host.join('\n') };
}
