import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Calibration, readCalibrations } from '../../src/chain/calibration.ts';
import { compareAnswers } from '../../src/chain/cross-check.ts';
import { weightsOfE5Small } from '../../src/chain/judge-by-features.ts';
import {
  createModelJudge,
  judgementFormat,
  type ModelJudgeParts,
  plainFormat,
} from '../../src/chain/judge-by-model.ts';
import { readPrompts } from '../../src/chain/prompts.ts';
import { AskTrail } from '../../src/chain/trace.ts';
import { openModelServer } from '../../src/models/model-server.ts';
import { CheckedOpenAiChatModel } from '../../src/models/openai-chat-model.ts';
import { foundPassage } from '../doubles/found-passage.ts';
import { type ChatRequest, fail, promptText } from '../doubles/openai-replies.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const prompts = readPrompts(fileURLToPath(new URL('../../prompts', import.meta.url)));
const sentence = 'The tower of Aldmoor was built in 1382 by the mason Peter Hale.';
const passage = foundPassage(`Aldmoor lies on the river Wend. ${sentence}`, { title: 'Aldmoor', start: 10 });
const state = {
  question: 'Who built the tower of Aldmoor?',
  context: [passage],
  answer: { text: 'Peter Hale', abstained: false },
  collection: 'default',
  topK: 3,
  evaluation: 'context' as const,
};
const correct = '{"quotes":["the mason Peter Hale"],"reason":"It names him.","verdict":"Correct","score":0.9}';
const incorrect = '{"quotes":[],"reason":"It does not say.","verdict":"Incorrect","score":0.1}';

/** The log-probabilities of a first token. */
const likely = (tokens: Record<string, number>) => {
  const top_logprobs = Object.entries(tokens).map(([token, share]) => ({
    token,
    logprob: Math.log(share),
    bytes: null,
  }));
  return { content: [{ ...top_logprobs[0], top_logprobs }] };
};
const yes = { content: 'Yes', logprobs: likely({ Yes: 0.6, ' yes': 0.2, No: 0.2 }) };
const asksWord = /Reply with one word/;
const asksItself = /in as few words as possible/;
const asksJudgement = /Reply with one JSON object/;

async function start(t: TestContext, style: 'plain' | 'rubric' | 'cross-check' | 'full', calibration?: Calibration) {
  const openai = await startOpenAiServer({ test: t });
  const server = openModelServer({ baseUrl: openai.baseUrl, apiKey: 'k', maxRetries: 0, timeoutMs: 60_000 });
  const served = { model: 'm', server };
  const model = new CheckedOpenAiChatModel(served);
  const structuredModel = model.withConfig({ response_format: judgementFormat } as never);
  const checks = style === 'cross-check' || style === 'full';
  const parts: ModelJudgeParts = {
    basis: 'context',
    embedded: weightsOfE5Small,
    calibration,
    timeoutMs: 1500,
    ...(style === 'plain' && {
      judgement: { prompt: prompts['evaluate-context-plain'], model, structuredModel, asksForQuotes: false },
    }),
    ...((style === 'rubric' || style === 'full') && {
      judgement: { prompt: prompts['evaluate-context'], model, structuredModel, asksForQuotes: true },
    }),
    ...(checks && {
      word: {
        prompt: prompts['evaluate-context-word'],
        withProbabilities: new CheckedOpenAiChatModel(served, { oneWord: true }),
        model,
      },
      itself: { prompt: prompts['answer-briefly'], model },
    }),
  };
  const judge = createModelJudge(parts);
  return { openai, judge: (config = {}) => judge.invoke(state, config) };
}

const calibrated = (weights: Calibration['weights'], bias = 0): Calibration => ({
  model: 'm',
  basis: 'context',
  style: 'full',
  weights,
  bias,
  threshold: 0.5,
  dataSet: 'none',
  pairs: 0,
});

test('cross-check: the score is the probability of Yes, however its tokens are written, and evidence is shown', async (t) => {
  const { openai, judge } = await start(t, 'cross-check');
  openai.chatWhen(asksWord, yes);
  openai.chatWhen(asksItself, 'Peter Hale');
  const verdict = await judge();
  assert.equal(verdict.label, 'Correct');
  assert.ok(Math.abs(verdict.score! - 0.8) < 1e-9);
  assert.equal(verdict.reason, 'Asked whether the answer is right, the model says Yes. Its own answer agrees.');
  const start_ = passage.start + passage.text.indexOf(sentence);
  const end = start_ + sentence.length;
  assert.deepEqual(verdict.evidence, [{ quote: sentence, passageId: 'p1', start: start_, end }]);
  const word = openai.chatRequests.find(({ body }) => asksWord.test(promptText(body as never)))!
    .body as never as Record<string, unknown>;
  assert.deepEqual([word.logprobs, word.top_logprobs, word.max_tokens], [true, 20, 2]);
});

test('cross-check: the judge does not see the answer while it answers by itself, and the reason says if the two differ', async (t) => {
  const { openai, judge } = await start(t, 'cross-check');
  openai.chatWhen(asksWord, { content: 'No', logprobs: likely({ No: 0.9, Yes: 0.1 }) });
  openai.chatWhen(asksItself, 'Joan Firth');
  const verdict = await judge();
  assert.equal(verdict.label, 'Incorrect');
  assert.match(verdict.reason, /says No\. Its own answer differs\.$/);
  openai.chatWhen(asksItself, 'Peter Firth');
  assert.match((await judge()).reason, /Its own answer agrees\.$/, 'as to one of two words');
  const itself = openai.chatRequests.find(({ body }) => asksItself.test(promptText(body as never)))!;
  assert.ok(!promptText(itself.body as never).includes('<answer>'));
});

for (const refusal of [
  fail.status(400),
  // OpenAI's reasoning models.
  fail.status(403, { message: 'You are not allowed to request logprobs from this model' }),
])
  test('a server that refuses logprobs is asked without them, at once and from then on; its word still counts', async (t) => {
    const { openai, judge } = await start(t, 'cross-check');
    openai.chatWhen(asksItself, 'not stated');
    openai.chatWhen(({ logprobs, messages }) => logprobs === true && asksWord.test(JSON.stringify(messages)), refusal);
    openai.chatWhen((request) => request.logprobs !== true && asksWord.test(promptText(request)), 'Yes.');
    for (const calls of [3, 2]) {
      const before = openai.chatRequests.length;
      const verdict = await judge();
      assert.deepEqual([verdict.label, verdict.score], ['Correct', null]);
      assert.match(verdict.reason, /it finds no answer in the passages/);
      assert.equal(openai.chatRequests.length - before, calls);
    }
  });

test('cross-check: a model that thinks or explains first has not said Yes, whatever its unlikely Yes; it is asked without the limit', async (t) => {
  const { openai, judge } = await start(t, 'cross-check');
  openai.chatWhen(asksItself, 'Peter Hale');
  const begun = (content: string) => ({
    content,
    finishReason: 'length',
    logprobs: likely({ [content]: 0.98, Yes: 0.015, No: 0.005 }),
  });
  const isLimited = ({ max_tokens, ...request }: ChatRequest) => max_tokens === 2 && asksWord.test(promptText(request));
  openai.chatWhen(asksWord, '<think>It names Peter Hale.</think>\n\nNo.');
  openai.chatWhen(isLimited, begun('<think>'));
  const { label, score } = await judge();
  assert.deepEqual([label, score], ['Incorrect', null]);
  openai.chatWhen(asksWord, 'The passages name him.');
  openai.chatWhen(isLimited, begun('The'));
  assert.equal((await judge()).problem, 'unparseable');
  openai.chatWhen(asksWord, { content: '**Yes', logprobs: likely({ '**': 0.98, No: 0.015, Yes: 0.005 }) });
  const emphasised = await judge();
  assert.deepEqual([emphasised.label, emphasised.score], ['Correct', null]);
});

test('cross-check: a model that says Yes or No in the language of the passages is understood', async (t) => {
  const { openai, judge } = await start(t, 'cross-check');
  openai.chatWhen(asksItself, 'not stated');
  for (const [reply, label] of [
    [{ content: 'Nein', logprobs: likely({ Nein: 0.9, Ja: 0.1 }) }, 'Incorrect'],
    [{ content: '是的。', logprobs: likely({ 是: 0.9, 不是: 0.1 }) }, 'Correct'],
    ...['да', 'हाँ', 'Yes it is', 'Yes.It', 'Yes,it', 'Yes;it', 'Yes:it', 'Yes!It'].map(
      (word) => [word, 'Correct'] as const,
    ),
    ...['是的。是', 'はい、そう', '是的，是', '是！对'].map((word) => [word, 'Correct'] as const),
    [{ content: 'Yes', logprobs: { content: [] } }, 'Correct'],
    [{ content: 'Surely', logprobs: likely({ Surely: 0.3, Yes: 0.5, No: 0.2 }) }, 'Correct'],
    // The likeliest token is Yes, but No in all its spellings is likelier.
    [{ content: 'Yes', logprobs: likely({ Yes: 0.4, No: 0.3, ' no': 0.2 }) }, 'Incorrect'],
  ] as const) {
    openai.chatWhen(asksWord, reply);
    assert.equal((await judge()).label, label);
  }
});

test('cross-check: the score is the share of Yes among Yes and No, whatever else was likely', async (t) => {
  const { openai, judge } = await start(t, 'cross-check');
  openai.chatWhen(asksItself, 'not stated');
  openai.chatWhen(asksWord, { content: 'Yes', logprobs: likely({ Yes: 0.15, No: 0.05, Perhaps: 0.8 }) });
  assert.ok(Math.abs((await judge()).score! - 0.75) < 1e-9);
});

test('cross-check: a reply that was not cut off, or a server that fails, is not asked again without probabilities', async (t) => {
  const { openai, judge } = await start(t, 'cross-check');
  openai.chatWhen(asksItself, 'not stated');
  for (const [reply, problem] of [
    ['Perhaps.', 'unparseable'],
    [fail.status(503), 'unavailable'],
    ['Yes', null],
  ] as const) {
    openai.chatWhen(asksWord, reply);
    assert.equal((await judge()).problem, problem);
  }
  const asked = openai.chatRequests.filter(({ body }) => asksWord.test(promptText(body)));
  assert.deepEqual(
    asked.map(({ body }) => (body as { logprobs?: boolean }).logprobs),
    [true, true, true],
  );
});

test('two answers agree as far as the one holds what the other adds to the words of the question', () => {
  const question = 'Who built the tower of the mill?';
  for (const [own, judged, agreement, declined = false] of [
    ['Peter Hale built the tower', 'It was Peter Hale.', 1],
    ['Peter Hale built the tower', 'The tower was built by Joan Firth.', 0],
    ['Peter Hale', 'Peter Stone', 0.5],
    ['the mill', 'The mill.', 1],
    ['the mill', 'The tower.', 0],
    ['Hale', 'Hale', 1],
    ['…', 'Hale', 0],
    ['Not stated.', 'not stated', 0, true],
  ] as const)
    assert.deepEqual(compareAnswers(question, own, judged), { agreement, declined }, own);
});

test('a server that fails at structured replies is asked without them, at once and from then on', async (t) => {
  const { openai, judge } = await start(t, 'rubric');
  // ik_llama.cpp of 2025; llama-cpp-python replies alike.
  const message = 'response_format type must be one of "text" or "json_object", but got: json_schema';
  openai.chatWhen(({ response_format }) => response_format !== undefined, fail.status(500, { message }));
  openai.chatWhen(({ response_format }) => response_format === undefined, correct);
  for (const calls of [2, 1]) {
    const before = openai.chatRequests.length;
    assert.equal((await judge()).label, 'Correct');
    assert.equal(openai.chatRequests.length - before, calls);
  }
});

test('a prompt that a server refuses with and without options does not have the options left out for others', async (t) => {
  const { openai, judge } = await start(t, 'rubric');
  openai.chat(fail.status(400), fail.status(400), correct);
  const { problem, reason } = await judge();
  assert.deepEqual([problem, reason], ['unavailable', 'The evaluation model could not be reached.']);
  assert.equal((await judge()).label, 'Correct');
  assert.deepEqual(
    openai.chatRequests.map(({ body }) => 'response_format' in body),
    [true, false, true],
  );
  assert.partialDeepStrictEqual(judgementFormat, {
    type: 'json_schema',
    json_schema: { name: 'judgement', strict: true },
  });
  assert.deepEqual(Object.keys(plainFormat.json_schema.schema.properties!), ['verdict']);
  // In this order, so that a model quotes and reasons before it decides.
  const { properties, required } = judgementFormat.json_schema.schema;
  assert.deepEqual([Object.keys(properties!), required], Array(2).fill(['quotes', 'reason', 'verdict', 'score']));
});

test('plain: the verdict has a label and no score, and the quotations of the embedded judge', async (t) => {
  const { openai, judge } = await start(t, 'plain');
  openai.chat('{"verdict": "Correct"}');
  const verdict = await judge();
  assert.deepEqual([verdict.label, verdict.score, verdict.evidence.length], ['Correct', null, 1]);
});

test('full: a calibration makes one probability of all signals, and the reason explains a label that it reverses', async (t) => {
  const { openai, judge } = await start(t, 'full', calibrated({ verdict: 1, agreement: -4 }));
  openai.chatWhen(asksWord, yes);
  openai.chatWhen(asksItself, 'Peter Hale');
  openai.chatWhen(asksJudgement, correct);
  const trail = new AskTrail();
  const verdict = await judge({ configurable: { trail: trail.root } });
  assert.equal(verdict.label, 'Incorrect');
  assert.ok(Math.abs(verdict.score! - 1 / (1 + Math.exp(3))) < 1e-9);
  assert.match(
    verdict.reason,
    /^It names him\. By itself it would say Correct; all signs together speak for Incorrect\.$/,
  );
  assert.deepEqual(
    verdict.evidence.map(({ quote }) => quote),
    ['the mason Peter Hale'],
  );
  const { input } = trail.steps().find(({ name }) => name === 'weigh signals')!;
  const { embedded, word, ...signals } = input as Record<string, number>;
  assert.deepEqual(signals, { verdict: 1, stated: Math.log(9), quotes: 1, agreement: 1, declined: 0 });
  assert.ok(embedded! > 0 && Math.abs(word! - Math.log(4)) < 1e-9);
});

test('the signals tell what came of each call', async (t) => {
  const { openai, judge } = await start(t, 'full', calibrated({}));
  const signalsOf = async () => {
    const trail = new AskTrail();
    await judge({ configurable: { trail: trail.root } });
    const { embedded, ...signals } = trail.steps().find(({ name }) => name === 'weigh signals')!.input as Record<
      string,
      number
    >;
    return signals;
  };
  const judged = (quotes: string[], score: number | null) =>
    JSON.stringify({ quotes, reason: '', verdict: 'Incorrect', score });
  openai.chatWhen(asksJudgement, judged(['the mason Peter Hale', 'nowhere'], null));
  openai.chatWhen(asksWord, 'No.');
  openai.chatWhen(asksItself, 'not stated');
  const first = { verdict: -1, stated: 0, quotes: 0.5, word: Math.log(0.1 / 0.9), agreement: 0, declined: 1 };
  assert.deepEqual(await signalsOf(), first);
  openai.chatWhen(asksJudgement, judged(['The tower of Aldmoor … the mason Peter Hale'], 0.1));
  openai.chatWhen(asksWord, 'Yes.');
  openai.chatWhen(asksItself, 'Peter Firth');
  const second = { verdict: -1, stated: Math.log(1 / 9), quotes: 1, word: Math.log(9), agreement: 0.5, declined: 0 };
  for (const [name, value] of Object.entries(await signalsOf()))
    assert.ok(Math.abs(value - second[name as keyof typeof second]) < 1e-9, name);
  openai.chatWhen(asksJudgement, judged([], 0.1));
  assert.equal((await signalsOf()).quotes, 0);
});

test('a calibration decides from its threshold on, and only where judgement and word came', async (t) => {
  const even = await start(t, 'rubric', calibrated({}));
  even.openai.chat(incorrect);
  const { label, score } = await even.judge();
  assert.deepEqual([label, score], ['Correct', 0.5]);
  const { openai, judge } = await start(t, 'full', calibrated({}));
  openai.chatWhen(asksItself, 'Peter Hale');
  for (const [judgement, word, expected] of [
    [correct, fail.status(500), 0.9],
    [fail.status(500), yes, 0.8],
  ] as const) {
    openai.chatWhen(asksJudgement, judgement);
    openai.chatWhen(asksWord, word);
    assert.ok(Math.abs((await judge()).score! - expected) < 1e-9);
  }
});

test('a reply that cannot be read is sent back with the request for another; what a cut off one holds in between is none', async (t) => {
  const { openai, judge } = await start(t, 'rubric');
  openai.chat('Well.', correct);
  assert.equal((await judge()).label, 'Correct');
  const [asked, again] = openai.chatRequests.map(({ body }) => body.messages);
  assert.deepEqual(again!.slice(0, -2), asked);
  assert.deepEqual(again!.at(-2), { role: 'assistant', content: 'Well.' });
  assert.match(String(again!.at(-1)!.content), /^That could not be read/);
  const cutOff = { content: `It could be ${correct}, which`, finishReason: 'length' };
  openai.chat(cutOff, cutOff);
  const { problem, reason } = await judge();
  assert.deepEqual([problem, reason], ['unparseable', "The evaluation's reply could not be read."]);
});

test('when the ask ends its judge gives no verdict, and leaves no timer', { timeout: 20_000 }, async (t) => {
  const { openai, judge } = await start(t, 'rubric');
  openai.chat(fail.hang());
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const leaving = new AbortController();
  const judged = assert.rejects(judge({ signal: leaving.signal }), /left/);
  await openai.waitFor(() => openai.chatRequests.length === 1);
  leaving.abort(new Error('left'));
  await judged;
  assert.ok(timers() <= before);
});

test('full: if one of the two opinions fails the other counts; if both fail there is no verdict', async (t) => {
  const { openai, judge } = await start(t, 'full');
  openai.chatWhen(asksItself, fail.status(500));
  openai.chatWhen(asksWord, fail.status(500));
  openai.chatWhen(asksJudgement, incorrect);
  assert.deepEqual([(await judge()).label, (await judge()).problem], ['Incorrect', null]);
  openai.chatWhen(asksWord, yes);
  openai.chatWhen(asksJudgement, 'Well.');
  openai.chatWhen(/That could not be read/, 'Hm.');
  assert.equal((await judge()).label, 'Correct');
  openai.chatWhen(asksWord, 'Perhaps.');
  const verdict = await judge();
  assert.deepEqual([verdict.label, verdict.problem, verdict.score], ['Unjudged', 'unparseable', null]);
});

test('a calibration is used only if every signal came: a missing own answer does not count as one that differs', async (t) => {
  const { openai, judge } = await start(t, 'cross-check', calibrated({ word: 1, agreement: 20 }, -10));
  openai.chatWhen(asksWord, yes);
  openai.chatWhen(asksItself, 'Peter Hale');
  assert.ok((await judge()).score! > 0.99);
  for (const lost of [fail.status(500), '<think>It is Peter']) {
    openai.chatWhen(asksItself, lost);
    const verdict = await judge();
    assert.equal(verdict.label, 'Correct');
    assert.ok(Math.abs(verdict.score! - 0.8) < 1e-9);
  }
});

test('cross-check: a judge that hangs is cut off at the deadline', { timeout: 20_000 }, async (t) => {
  const { openai, judge } = await start(t, 'cross-check');
  openai.chatWhen(asksWord, fail.hang());
  openai.chatWhen(asksItself, fail.hang());
  const { problem, reason } = await judge();
  assert.deepEqual([problem, reason], ['timeout', 'The evaluation was not ready in time.']);
});

test('a calibration from the settings goes before the shipped ones; an invalid one is refused by the setting’s name', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'calibration.json');
  writeFileSync(file, JSON.stringify({ madeBy: 'a test', judges: [calibrated({ verdict: 1 })] }));
  assert.equal(readCalibrations(file)[0]?.dataSet, 'none');
  assert.ok(readCalibrations().every(({ dataSet }) => dataSet !== 'none'));
  writeFileSync(file, '{}');
  assert.throws(() => readCalibrations(file), { code: 'BAD_SETTINGS', message: /^EVALUATION_CALIBRATION: / });
  assert.throws(() => readCalibrations(`${file}.gone`), { message: /^EVALUATION_CALIBRATION: the file can't be read/ });
});
