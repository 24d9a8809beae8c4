import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrate } from '../../evaluation/calibrate.ts';
import type { JudgedPair } from '../../evaluation/judge-pairs.ts';

const none = { verdict: 0, stated: 0, quotes: 0, word: 0, agreement: 0, declined: 0, embedded: 0 };

/** An answer that the model called Yes with these log-odds; null where it could not be asked. */
function judgedPair(at: number, right: boolean, word: number | null): JudgedPair {
  const question = `Question ${at}`;
  const pair = { question, context: [''], answer: '', right, kind: '', group: question, title: '' };
  const label = word === null ? 'Unjudged' : 'Correct';
  const problem = word === null ? 'unavailable' : null;
  const signals = word === null ? null : { ...none, word };
  return { pair, judged: { judge: { label, score: null, problem, signals, milliseconds: 1 } } };
}

const options = { name: 'judge', model: 'm', basis: 'context', style: 'cross-check', dataSet: 'd' } as const;

test('what is reported of an answer is by a model that saw no answer to the same question', () => {
  // Signals tell nothing here, and right answers are as many as wrong ones but for the one that is held out: a model that had
  // seen it would lean towards it.
  const judged = Array.from({ length: 40 }, (_, at) => judgedPair(at, at % 2 === 0, 0));
  const { calibration, held } = calibrate({ ...options, judged })!;
  assert.equal(calibration.pairs, 40);
  for (const { pair, judged: by } of held) assert.equal(by.judge!.score! < 0.5, pair.right, pair.question);
});

test('however many questions there are, no more than twenty models are fitted to report on', () => {
  // Each question has another number of right answers, so that each model that leaves out another question is another.
  const judged = Array.from({ length: 30 }, (_, at) => [
    judgedPair(at, false, 0),
    ...Array.from({ length: at + 1 }, () => judgedPair(at, true, 0)),
  ]).flat();
  const { held } = calibrate({ ...options, judged })!;
  assert.equal(held.length, judged.length);
  assert.equal(new Set(held.map(({ judged: by }) => by.judge!.score)).size, 20);
});

test('an answer that the model could not judge stays unjudged in what is reported of the calibrated judge', () => {
  const judged = Array.from({ length: 12 }, (_, at) =>
    judgedPair(at, at % 2 === 0, at < 8 ? (at % 2 === 0 ? 2 : -2) : null),
  );
  const { calibration, held } = calibrate({ ...options, judged })!;
  assert.equal(calibration.pairs, 8);
  const labels = held.map(({ judged: by }) => by.judge!.label).sort();
  assert.deepEqual(labels, [...Array(4).fill('Correct'), ...Array(4).fill('Incorrect'), ...Array(4).fill('Unjudged')]);
});

test('nothing is calibrated on right answers alone, which would call everything right', () => {
  const judged = Array.from({ length: 12 }, (_, at) => judgedPair(at, true, at / 4));
  assert.equal(calibrate({ ...options, judged }), null);
});
