import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { createConductAsk } from '../../src/chain/conduct-ask.ts';
import { AskRequest } from '../../src/chain/reply.ts';
import { createWordStandaloneQuestion } from '../../src/chain/standalone-question.ts';
import type { Asked, Evaluated } from '../../src/chain/state.ts';
import { step } from '../../src/chain/step.ts';
import { unjudged } from '../../src/chain/verdict.ts';

const chain = step(
  'ask',
  (asked: Asked): Evaluated => ({
    ...asked,
    context: [],
    answer: { text: 'In 1904.', abstained: false },
    verdicts: { context: unjudged('context', 'skipped', 'No evaluation was asked for.') },
  }),
);

const settings = { chain, topK: 3, timeoutMs: 60_000, standaloneQuestion: createWordStandaloneQuestion() };
const request = AskRequest.parse({ question: 'When was it rebuilt?' });
const failed = new Error('The disk is full.');

test('an ask that has its reply is counted once, even if observing or saving it fails', async () => {
  const counted: string[] = [];
  const observing = createConductAsk({
    ...settings,
    saveAsk: undefined,
    observe: ({ reply }) => {
      counted.push(reply ? 'reply' : 'failure');
      throw failed;
    },
  });
  await assert.rejects(observing(request, { onTokens: () => counted.push('tokens') }), failed);
  assert.deepEqual(counted.splice(0), ['tokens', 'reply']);
  const saving = createConductAsk({
    ...settings,
    saveAsk: () => {
      throw failed;
    },
    observe: ({ reply }) => counted.push(reply ? 'reply' : 'failure'),
  });
  await assert.rejects(saving(request), failed);
  assert.deepEqual(counted, ['reply']);
});

test('an ask leaves no timer and no listener behind, whether it succeeds or fails', async () => {
  const failing = step('ask', () => {
    throw failed;
  }) as unknown as typeof chain;
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const { signal } = new AbortController();
  await createConductAsk({ ...settings, saveAsk: undefined })(request, { signal });
  await assert.rejects(createConductAsk({ ...settings, chain: failing, saveAsk: undefined })(request, { signal }), {
    code: 'INTERNAL',
    cause: failed,
  });
  assert.deepEqual([timers(), getEventListeners(signal, 'abort').length], [before, 0]);
});

test('an ask ends at its deadline, or when its caller leaves or has left, even if its steps never end', async () => {
  const hanging = step('ask', () => new Promise(() => {})) as unknown as typeof chain;
  const ask = (timeoutMs: number, signal?: AbortSignal) =>
    createConductAsk({ ...settings, chain: hanging, timeoutMs, saveAsk: undefined })(request, {
      ...(signal && { signal }),
    });
  await assert.rejects(ask(1), { code: 'MODEL_TIMEOUT' });
  const never = 2 ** 31 - 1;
  await assert.rejects(ask(never, AbortSignal.abort()), { code: 'CLIENT_GONE' });
  const leaving = new AbortController();
  const asked = assert.rejects(ask(never, leaving.signal), { code: 'CLIENT_GONE' });
  leaving.abort();
  await asked;
});
