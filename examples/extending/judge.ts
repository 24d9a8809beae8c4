// A judge of your own gives the verdict: npx node examples/extending/judge.ts "a question"
import { createEvaluate } from '../../src/chain/evaluate.ts';
import { askWith } from './compose-with.ts';
import { numbersJudge } from './numbers-judge.ts';

await askWith(({ judges }) => ({ evaluate: createEvaluate({ ...judges, context: numbersJudge }) }));
