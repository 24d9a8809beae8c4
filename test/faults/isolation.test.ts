import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '../doubles/openai-replies.ts';
import { question, startSubject } from './subject.ts';

const marker = 'marker-misbehaves';

for (const kind of ['chat', 'embeddings'] as const)
  for (const [name, failure] of [
    ['hangs', fail.hang()],
    ['resets connections', fail.reset()],
    ['resets them in mid-reply', fail.resetMidBody()],
    ['sends a byte at a time', fail.trickle(100)],
    ['sends 10 GB', fail.flood(10 * 2 ** 30)],
    ['floods with 429', fail.status(429, { retryAfterSeconds: 60 })],
  ] as const) {
    // Questions of a shared embedding call are not asked again one by one after a 429.
    if (kind === 'embeddings' && name === 'floods with 429') continue;
    test(`a model server that ${name} at some questions (${kind}) does not affect the others`, async (t) => {
      const { call, openai, url } = await startSubject(t);
      openai[`${kind}When`](marker, failure);
      const leaving = new AbortController();
      const badAsks = Array.from({ length: 12 }, () =>
        fetch(`${url}/ask`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ question: `${question} ${marker}` }),
          signal: leaving.signal,
        }).then(
          (response) => response.status,
          () => 'left',
        ),
      );
      await openai.waitFor(({ body }) => JSON.stringify(body).includes(marker));
      for (let round = 0; round < 5; round += 1) {
        const good = await Promise.all([
          ...[1, 2, 3].map(() => call('POST', '/ask', { question })),
          call('POST', '/search', { question }),
          call('GET', '/health/ready'),
        ]);
        for (const { status, text } of good) assert.equal(status, 200, text);
        for (const { json } of good.slice(0, 3))
          assert.deepEqual([json.answer, json.verdict.label], ['It is light.', 'Correct']);
      }
      leaving.abort();
      for (const outcome of await Promise.all(badAsks))
        assert.ok(outcome !== 200, 'a failed ask is reported as failed');
    });
  }
