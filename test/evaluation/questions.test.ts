import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateQuestions } from '../../evaluation/questions.ts';
import type { AskReply } from '../../src/chain/reply.ts';
import type { Verdict } from '../../src/chain/verdict.ts';
import { foundPassage } from '../doubles/found-passage.ts';

const questions = [
  { id: 'q1', question: 'How tall?', expected: ['25 metres|25 m', 'alder'], source: 'alder.md', answerable: true },
  { id: 'q2', question: 'How old?', expected: ['60 years'], source: 'alder.md', answerable: true },
  { id: 'q3', question: 'How dear?', answerable: false, kind: 'near' },
  { id: 'q4', question: 'Who ruled Rome?', answerable: false, kind: 'unrelated' },
];

function reply(answer: string | null, sources: string[], judged: Partial<Verdict> = {}): AskReply {
  const verdict: Verdict = {
    label: 'Unjudged',
    basis: 'context',
    score: null,
    reason: '',
    evidence: [],
    problem: null,
    ...judged,
  };
  return {
    id: 'ask_1',
    question: '',
    answer: answer ?? "I don't know.",
    collection: 'default',
    context: sources.map((source, at) => ({ ...foundPassage('Text.', { rank: at + 1 }), source })),
    verdict,
    abstained: answer === null,
    attempts: 1,
    usage: { promptTokens: 0, completionTokens: 0, modelCalls: 0 },
    timings: { retrieveMs: 1, answerMs: 1, evaluateMs: 1, totalMs: 3 },
  };
}

const replies: Record<string, AskReply> = {
  'How tall?': reply('An ALDER grows to\n25 m.', ['alder.md', 'oak.md'], { label: 'Correct', score: 0.9 }),
  'How old?': reply('Very old.', ['oak.md', 'oak.md', 'alder.md'], { label: 'Incorrect', score: 0.2 }),
  'How dear?': reply('Dear.', ['oak.md'], { label: 'Correct', score: 0.6 }),
  'Who ruled Rome?': reply(null, []),
};
const ask = async (question: string) => replies[question]!;

test('the figures count found sources, expected words, abstentions by kind, and verdicts', async () => {
  const told: string[] = [];
  const onProgress = (done: number, total: number) => told.push(`${done}/${total}`);
  const { figures, evaluated } = await evaluateQuestions({ ask, questions, onProgress });
  assert.deepEqual(told, ['0/4', '1/4', '2/4', '3/4', '4/4']);
  assert.deepEqual(
    evaluated.map(({ right }) => right),
    [true, false, false, false],
  );
  assert.deepEqual(figures, {
    questions: 4,
    answerable: 2,
    unanswerable: 2,
    sourceFirst: 0.5,
    sourceInTopThree: 1,
    expectedWordsInAnswer: 0.5,
    abstainedOnUnanswerable: 0.5,
    abstainedOnUnrelated: 1,
    abstainedOnNear: 0,
    wronglyAbstained: 0,
    verdicts: {
      Correct: { right: 1, wrong: 1 },
      Incorrect: { right: 0, wrong: 1 },
      Unjudged: { right: 0, wrong: 0 },
    },
    verdictAuroc: 1,
    unjudged: 0,
    medianTotalMs: 3,
  });
});

test('each figure below its minimum is reported in a sentence, and so is one that could not be measured', async () => {
  const { failures } = await evaluateQuestions({ ask, questions });
  assert.deepEqual(failures, [
    'expectedWordsInAnswer is 0.5, and must be at least 0.8.',
    'abstainedOnUnanswerable is 0.5, and must be at least 0.75.',
  ]);
  assert.deepEqual((await evaluateQuestions({ ask, questions, minimum: { sourceFirst: 0.5 } })).failures, []);
  const answerable = questions.filter((question) => question.answerable);
  const unmeasured = await evaluateQuestions({ ask, questions: answerable, minimum: { abstainedOnNear: 0.1 } });
  assert.deepEqual(unmeasured.failures, ['abstainedOnNear was not measured.']);
});

test('the tables are Markdown with aligned columns', async () => {
  const { table } = await evaluateQuestions({ ask, questions });
  const [first, second] = table.split('\n\n').map((each) => each.split('\n'));
  for (const lines of [first!, second!]) assert.equal(new Set(lines.map((line) => line.length)).size, 1);
  assert.match(table, /\| The answer holds the expected words +\| +50\.0% \|/);
  assert.match(table, /\| Incorrect +\| +0 \| +1 \|/);
});

test('questions that do not fit the schema are refused before anything is asked', async () => {
  let asks = 0;
  const counting = async (question: string) => {
    asks += 1;
    return ask(question);
  };
  await assert.rejects(evaluateQuestions({ ask: counting, questions: [{ id: 'q', question: 'x', answerable: true }] }));
  assert.equal(asks, 0);
});
