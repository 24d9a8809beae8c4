import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OnIncorrect, withPolicy } from '../../src/chain/policy.ts';
import type { Asked, Evaluated, Verdicts } from '../../src/chain/state.ts';
import { step } from '../../src/chain/step.ts';
import type { Verdict } from '../../src/chain/verdict.ts';

const verdict = (
  label: Verdict['label'],
  score: number | null = null,
  basis: Verdict['basis'] = 'context',
): Verdict => ({
  label,
  basis,
  score,
  reason: '',
  evidence: [],
  problem: null,
});
const asked: Asked = { question: 'When was the tower rebuilt?', collection: 'default', topK: 4, evaluation: 'context' };

/** A chain that gives these verdicts in turn, or does what a function does, and what it was asked. */
function policyOver(...turns: (Verdicts | ((signal: AbortSignal | undefined) => Promise<never>))[]) {
  const asks: Asked[] = [];
  const chain = step('ask', async (given: Asked, { signal }): Promise<Evaluated> => {
    const turn = turns[asks.push(given) - 1]!;
    if (typeof turn === 'function') return turn(signal);
    return { ...given, context: [], answer: { text: `answer ${asks.length}`, abstained: false }, verdicts: turn };
  });
  const policy = withPolicy(chain, 'No idea.');
  const ask = (onIncorrect: OnIncorrect, config = {}, topK = 4) =>
    policy.invoke({ ...asked, topK, onIncorrect }, config);
  return { asks, ask };
}

test('only an Incorrect answer is withheld or asked for again, and only where that was wanted', async () => {
  for (const onIncorrect of ['return', 'retry', 'abstain'] as const)
    for (const label of ['Correct', 'Unjudged'] as const) {
      const { answer, attempts } = await policyOver({ context: verdict(label) }).ask(onIncorrect);
      assert.deepEqual([answer, attempts], [{ text: 'answer 1', abstained: false }, 1]);
    }
  const incorrect = { context: verdict('Incorrect', 0.1) };
  const returned = await policyOver(incorrect).ask('return');
  assert.deepEqual([returned.answer.text, returned.attempts], ['answer 1', 1]);
  const withheld = await policyOver(incorrect).ask('abstain');
  assert.deepEqual(
    [withheld.answer, withheld.attempts, withheld.verdicts],
    [{ text: 'No idea.', abstained: true }, 1, incorrect],
  );
});

test('of two verdicts the one on the context decides', async () => {
  const both = { context: verdict('Correct'), answer: verdict('Incorrect', 0.1, 'answer') };
  assert.equal((await policyOver(both).ask('abstain')).answer.abstained, false);
  assert.equal((await policyOver({ answer: both.answer }).ask('abstain')).answer.abstained, true);
});

test('a second attempt searches with other words for twice as many passages, at most 20', async () => {
  const incorrect = { context: verdict('Incorrect', 0.1) };
  const { ask, asks } = policyOver(incorrect, incorrect);
  await ask('retry');
  assert.deepEqual(asks, [asked, { ...asked, topK: 8, searchedFor: 'tower rebuilt' }]);
  const most = policyOver(incorrect, incorrect);
  await most.ask('retry', {}, 15);
  assert.equal(most.asks[1]!.topK, 20);
});

for (const [first, second, kept] of [
  [verdict('Incorrect', 0.2), verdict('Correct', 0.1), 2],
  [verdict('Incorrect', 0.2), verdict('Unjudged'), 2],
  [verdict('Incorrect', 0.2), verdict('Incorrect', 0.3), 2],
  [verdict('Incorrect', 0.3), verdict('Incorrect', 0.3), 1],
  [verdict('Incorrect', 0.3), verdict('Incorrect', 0.2), 1],
  [verdict('Incorrect'), verdict('Incorrect', 0.1), 2],
  [verdict('Incorrect'), verdict('Incorrect'), 1],
] as const)
  test(`of ${first.label} ${first.score} and then ${second.label} ${second.score}, answer ${kept} is kept`, async () => {
    const { answer, attempts } = await policyOver({ context: first }, { context: second }).ask('retry');
    assert.deepEqual([answer.text, attempts], [`answer ${kept}`, 2]);
  });

test('a second attempt that fails, or lasts until shortly before the deadline of the ask, leaves the first answer', async () => {
  const incorrect = { context: verdict('Incorrect', 0.1) };
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const failing = policyOver(incorrect, () => Promise.reject(new Error('failed')));
  assert.equal((await failing.ask('retry')).answer.text, 'answer 1');
  assert.equal(timers(), before);
  const hanging = policyOver(incorrect, (signal) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal!.addEventListener('abort', () => reject(signal!.reason));
    return promise;
  });
  const { signal } = new AbortController();
  const { answer, attempts } = await hanging.ask('retry', { signal, configurable: { endsAt: performance.now() + 50 } });
  assert.deepEqual([answer.text, attempts], ['answer 1', 2]);
});

test('an ask that ends in its second attempt gives no answer', async () => {
  const leaving = new AbortController();
  const { ask } = policyOver({ context: verdict('Incorrect', 0.1) }, async () => {
    leaving.abort(new Error('left'));
    throw leaving.signal.reason;
  });
  await assert.rejects(ask('retry', { signal: leaving.signal }), /left/);
});
