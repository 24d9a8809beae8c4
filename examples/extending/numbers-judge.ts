// A judge without a model: every number of the answer must stand in the passages. judge.ts asks with it, serve.ts serves it.
import type { Judge } from '../../src/chain/evaluate.ts';
import { findEvidence } from '../../src/chain/evidence.ts';
import type { Answered } from '../../src/chain/state.ts';
import { step } from '../../src/chain/step.ts';
import type { Verdict } from '../../src/chain/verdict.ts';

const numbersIn = (text: string) => text.match(/\d+(?:\.\d+)?/g) ?? [];

export const numbersJudge: Judge = step('numbers are in the passages', ({ answer, context }: Answered): Verdict => {
  const known = new Set(context.flatMap(({ text }) => numbersIn(text)));
  const strange = numbersIn(answer.text).filter((number) => !known.has(number));
  return {
    label: strange.length === 0 ? 'Correct' : 'Incorrect',
    basis: 'context',
    score: null, // a rule has no probability
    reason: strange.length === 0 ? 'No number is new.' : `The passages don't have: ${strange.join(', ')}.`,
    evidence: findEvidence([answer.text], context), // quotations that aren't there word for word are dropped
    problem: null,
  };
});
