import assert from 'node:assert/strict';
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

test('an ask that has its reply is counted once, also where what comes after it fails', async () => {
  const counted: string[] = [];
  const settings = { chain, topK: 3, timeoutMs: 60_000, standaloneQuestion: createWordStandaloneQuestion() };
  const request = AskRequest.parse({ question: 'When was it rebuilt?' });
  const failed = new Error('The disk is full.');
  const observing = createConductAsk({
    ...settings,
    saveAsk: undefined,
    observe: ({ reply }) => {
      counted.push(reply ? 'reply' : 'failure');
      throw failed;
    },
  });
  await assert.rejects(observing(request, { onUsage: () => counted.push('usage') }), failed);
  assert.deepEqual(counted.splice(0), ['usage', 'reply']);
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
