import { between, oneOf, type Random } from '../doubles/seeded-random.ts';
import { codeOf, items, questionOf, sourceOf, textOf, upstreamFaults } from './material.ts';

/** The result of the load: replies by kind, and every one that was lost or wrong, apart from those to requests that are faults. */
export type Score = { replies: Record<string, number>; faults: Record<string, number>; problems: string[] };

type Json = Record<string, unknown>;

const timeoutMs = 30_000;

/** The calls of the soak over one service; each throws where the reply is not exactly what it must be. */
export function createCalls(url: string) {
  const send = (method: string, path: string, body?: unknown, signal = AbortSignal.timeout(timeoutMs)) =>
    fetch(url + path, {
      method,
      signal,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });

  async function expectJson(status: number[], response: Promise<Response>): Promise<Json> {
    const got = await response;
    const text = await got.text();
    if (!status.includes(got.status)) throw new Error(`${got.status} ${text.slice(0, 200)}`);
    return text === '' ? {} : JSON.parse(text);
  }

  const must = (holds: boolean, what: string) => {
    if (!holds) throw new Error(what);
  };

  function checkAnswer(reply: Json, item: number) {
    const { question, answer, verdict, context } = reply as {
      question: string;
      answer: string;
      verdict: { label: string };
      context: { source: string; text: string; start: number; end: number }[];
    };
    must(question === questionOf(item), `another question: ${question}`);
    must(answer.includes(codeOf(item)), `another answer: ${answer}`);
    must(verdict.label === 'Correct', `verdict ${verdict.label}`);
    checkContext(context, item);
  }

  function checkContext(context: { source: string; text: string; start: number; end: number }[], item: number) {
    const own = context.find(({ source }) => source === sourceOf(item));
    must(own !== undefined, `the document of item ${item} was not found`);
    must(own!.text === textOf(item).slice(own!.start, own!.end), 'a passage is no slice of its document');
  }

  const operations = {
    async ask(item: number) {
      checkAnswer(await expectJson([200], send('POST', '/ask', { question: questionOf(item) })), item);
    },
    async stream(item: number) {
      const response = await send('POST', '/ask', { question: questionOf(item), stream: true });
      const text = await response.text();
      const [, done] = /event: done\ndata: (.*)\n\n$/.exec(text) ?? [];
      must(done !== undefined, `the stream ends with ${text.slice(-200)}`);
      checkAnswer(JSON.parse(done!), item);
    },
    async search(item: number) {
      const { context } = await expectJson([200], send('POST', '/search', { question: questionOf(item) }));
      checkContext(context as never, item);
    },
    async list() {
      const { documents } = await expectJson([200], send('GET', '/documents?limit=50'));
      must((documents as unknown[]).length === 50, 'a page of documents is short');
    },
    /** A document's whole life, of which each step sees the one before; now and then it is one whose writing is long. */
    async document(item: number, name: string) {
      const text = `Notes of ${name}. Nothing is asked of them. `.repeat(item === 0 ? 5_000 : 1);
      const { id } = await expectJson([201, 200], send('POST', '/documents', { source: `${name}.txt`, text }));
      const stored = await expectJson([200], send('GET', `/documents/${id}`));
      must(stored.text === text, 'the document has another text');
      await expectJson([204], send('DELETE', `/documents/${id}`));
      await expectJson([404], send('GET', `/documents/${id}`));
    },
  };

  const upload = (type: string, body: string) =>
    fetch(`${url}/documents`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
  const refused = async (expected: number[], response: Promise<Response>) => {
    // A server that has heard enough may close the connection before all is sent.
    const got = await response.catch((error) => ({ status: 0, error, text: async () => '' }));
    await got.text();
    must(got.status === 0 || expected.includes(got.status), `status ${got.status}`);
  };
  const form = 'multipart/form-data; boundary=x';
  const faults = {
    upstream: (random: Random) =>
      refused([502, 503, 504], send('POST', '/ask', { question: `${questionOf(1)} ${oneOf(random, upstreamFaults)}` })),
    async leaving(random: Random) {
      const leave = AbortSignal.timeout(between(random, 1, 40));
      const reply = await send('POST', '/ask', { question: questionOf(2), stream: true }, leave).catch(() => null);
      await reply?.text().catch(() => null);
    },
    oversized: () =>
      refused([413], upload('application/json', JSON.stringify({ source: 'a', text: 'x'.repeat(3_000_000) }))),
    'bad JSON': () => refused([400], upload('application/json', '{"source":')),
    'bad form': () =>
      refused([400], upload(form, '--x\r\ncontent-disposition: form-data; name="f"; filename="a.txt"\r\n\r\nx')),
    'bad PDF': () =>
      refused(
        [400],
        upload(form, '--x\r\ncontent-disposition: form-data; name="f"; filename="a.pdf"\r\n\r\n%PDF-1.4\r\n--x--\r\n'),
      ),
  };
  return { send, expectJson, operations, faults };
}

const mix = ['ask', 'ask', 'ask', 'stream', 'stream', 'search', 'search', 'search', 'list', 'document'] as const;

/**
 * Works at a service with so many workers until a time, each at its own even pace.
 * @param options.everyMs how long from one operation of a worker to its next; 0: at once
 */
export async function work(
  calls: ReturnType<typeof createCalls>,
  score: Score,
  options: { random: Random; workers: number; everyMs: number; until: number },
) {
  const { random, workers, everyMs, until } = options;
  const worker = async (number: number) => {
    for (
      let due = performance.now();
      performance.now() < until;
      due = Math.max(due + everyMs, performance.now() - everyMs)
    ) {
      if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
      const kind = oneOf(random, mix);
      const item = between(random, 0, items - 1);
      try {
        await calls.operations[kind](item, `scratch-${number}`);
        score.replies[kind] = (score.replies[kind] ?? 0) + 1;
      } catch (error) {
        score.problems.push(`${kind} ${item}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, number) => worker(number)));
}
