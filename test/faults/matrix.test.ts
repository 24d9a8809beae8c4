import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '../doubles/openai-replies.ts';
import { healthy, type UpstreamFault, upstreamFaults } from './expected.ts';
import { isJudging, markers, outcomeOf, prepareCalls, question, type Subject, startSubject } from './subject.ts';

const post = ({ url }: Subject, path: string, body: object) =>
  fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

type Affected = [route: string, call: (subject: Subject, marker: string) => Promise<Response>];

/** For each step that can fail, the calls that it is part of. */
const affected: Record<'embedding' | 'answer' | 'verdict', Affected[]> = {
  embedding: [
    ['POST /ask', (subject, marker) => post(subject, '/ask', { question: marker })],
    ['POST /ask, streamed', (subject, marker) => post(subject, '/ask', { question: marker, stream: true })],
    ['POST /search', (subject, marker) => post(subject, '/search', { question: marker })],
    ['POST /documents', (subject, marker) => post(subject, '/documents', { source: 'failing.md', text: marker })],
    [
      'POST /documents, files',
      ({ url }, marker) => {
        const form = new FormData();
        form.append('files', new Blob([marker]), 'failing.txt');
        return fetch(`${url}/documents`, { method: 'POST', body: form });
      },
    ],
  ],
  answer: [
    ['POST /ask', (subject, marker) => post(subject, '/ask', { question: `${question} ${marker}` })],
    [
      'POST /ask, streamed',
      (subject, marker) => post(subject, '/ask', { question: `${question} ${marker}`, stream: true }),
    ],
  ],
  verdict: [['POST /ask', (subject, marker) => post(subject, '/ask', { question: `${question} ${marker}` })]],
};

/** The expected outcome of a call in which this step fails; undefined where the fault can't hit it. */
function expectedOf(fault: UpstreamFault, step: keyof typeof affected, route: string): string | undefined {
  if (step === 'verdict') return fault.verdict && `200 Unjudged ${fault.verdict}`;
  const expected = fault[step];
  // By then the stream has begun with its context event, so the status is 200.
  return step === 'answer' && route.endsWith('streamed') ? expected?.replace(/^\d+/, '200 error') : expected;
}

for (const fault of upstreamFaults)
  test(`the model server ${fault.name}: every route replies as docs/faults.md says, and the next ask works`, async (t) => {
    const settings = { ASK_TIMEOUT_MS: '2000', EVALUATION_TIMEOUT_MS: '500' };
    const subject = await startSubject(t, { settings });
    const { openai, call } = subject;
    const { embeddings, chat } = fault;
    if (embeddings) openai.embeddingsWhen(markers.embedding, embeddings());
    if (chat) {
      openai.chatWhen(markers.answer, chat());
      openai.chatWhen((request) => isJudging(request) && JSON.stringify(request).includes(markers.verdict), chat());
    }
    const check = async (step: keyof typeof affected, [route, run]: Affected) => {
      const response = await run(subject, markers[step]);
      assert.ok(response.headers.get('x-request-id'));
      if (fault.retryAfter && response.status >= 500)
        assert.equal(response.headers.get('retry-after'), fault.retryAfter);
      assert.equal(await outcomeOf(response), expectedOf(fault, step, route), `${route}, ${step}`);
    };
    for (const step of ['embedding', 'answer', 'verdict'] as const) {
      const hit = affected[step].filter(([route]) => expectedOf(fault, step, route) !== undefined);
      await Promise.all(hit.map((each) => check(step, each)));
      if (hit.length === 0) continue;
      const { json } = await call('POST', '/ask', { question });
      assert.equal(json.verdict?.label, 'Correct', `after the ${step} failed`);
    }
    const { json } = await call('GET', '/documents');
    assert.deepEqual(
      json.documents.map(({ source }: { source: string }) => source),
      ['alder.md'],
      'nothing of a document that failed is stored',
    );
  });

test('the model server cannot be reached: routes that need it say so, the others work', async (t) => {
  const subject = await startSubject(t);
  const calls = await prepareCalls(subject);
  await subject.openai.close();
  const needsModel = /^POST \/(ask|search|documents)/;
  for (const [route, run] of Object.entries(calls))
    assert.equal(
      await outcomeOf(await run()),
      needsModel.test(route) ? '503 MODEL_UNAVAILABLE' : healthy[route],
      route,
    );
});

for (const [step, route] of [
  ['embedding', 'POST /search'],
  ['answer', 'POST /ask'],
  ['verdict', 'POST /ask'],
] as const)
  test(`a reply of 10 GB is cut off, memory stays bounded: ${step}`, async (t) => {
    const subject = await startSubject(t, { settings: { ASK_TIMEOUT_MS: '20000' } });
    const flood = fail.flood(10 * 2 ** 30);
    subject.openai.embeddingsWhen(markers.embedding, flood);
    subject.openai.chatWhen(markers.answer, flood);
    subject.openai.chatWhen(
      (request) => isJudging(request) && JSON.stringify(request).includes(markers.verdict),
      flood,
    );
    const before = process.memoryUsage.rss();
    const run = affected[step].find(([name]) => name === route)![1];
    const expected = step === 'verdict' ? '200 Unjudged unparseable' : '502 MODEL_BAD_OUTPUT';
    assert.equal(await outcomeOf(await run(subject, markers[step])), expected);
    assert.ok(flood.sentBytes < 256 * 2 ** 20, `${flood.sentBytes} bytes were taken`);
    assert.ok(process.memoryUsage.rss() - before < 512 * 2 ** 20, 'memory stays bounded');
  });
