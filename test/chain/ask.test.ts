import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { AIMessage } from '@langchain/core/messages';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables';
import { initChatModel } from 'langchain';
import { createModelAnswer } from '../../src/chain/answer.ts';
import { createAskChain, createBasicChain } from '../../src/chain/ask.ts';
import { createEvaluate } from '../../src/chain/evaluate.ts';
import { createModelJudge, judgementFormat } from '../../src/chain/judge-by-model.ts';
import { readPrompts } from '../../src/chain/prompts.ts';
import { type AskReply, fromKept, toKept } from '../../src/chain/reply.ts';
import { createRetrieve, PassageRetriever, type SearchPassages } from '../../src/chain/retrieve.ts';
import type { Asked } from '../../src/chain/state.ts';
import { keep, step } from '../../src/chain/step.ts';
import { AskTrail, stepsOf } from '../../src/chain/trace.ts';
import { unjudged } from '../../src/chain/verdict.ts';
import { openModelServer } from '../../src/models/model-server.ts';
import { CheckedOpenAiChatModel } from '../../src/models/openai-chat-model.ts';
import { type FoundPassage, toPassages } from '../../src/passage.ts';
import { outermost } from '../../src/trail.ts';
import { promptText } from '../doubles/openai-replies.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import type { Test } from '../doubles/temporary-folder.ts';

const text = 'Alder wood is light. It does not rot under water.';
const search: SearchPassages = async ({ topK }) => {
  const passage = { id: 'p1', documentId: 'd1', source: 'alder.md', title: 'Alder', text, start: 0, end: text.length };
  return [{ ...passage, score: 1, rank: 1, windows: [{ start: 0, end: text.length }], similarities: [0.9] }].slice(
    0,
    topK,
  );
};
const asked: Asked = { question: 'Does alder rot?', collection: 'default', topK: 3, evaluation: 'context' };
const prompts = readPrompts(fileURLToPath(new URL('../../prompts', import.meta.url)));
const judged = '{"quotes":["does not rot under water"],"reason":"It says so.","verdict":"Correct","score":0.9}';

async function parts(test: Test) {
  const openai = await startOpenAiServer({ test });
  const model = new CheckedOpenAiChatModel({
    model: 'm',
    server: openModelServer({ baseUrl: openai.baseUrl, apiKey: 'k', maxRetries: 0, timeoutMs: 5000 }),
  });
  const judge = (basis: 'context' | 'answer') =>
    createModelJudge({
      basis,
      judgement: {
        prompt: prompts[`evaluate-${basis}`],
        model,
        structuredModel: model.withConfig({ response_format: judgementFormat } as never),
        asksForQuotes: true,
      },
      timeoutMs: 5000,
    });
  const retrieve = createRetrieve(search);
  const answer = createModelAnswer({ prompt: prompts.answer, model });
  const evaluate = createEvaluate({ context: judge('context'), answer: judge('answer') });
  return { openai, model, judge, retrieve, answer, chain: createAskChain({ retrieve, answer, evaluate }) };
}

test('the basic chain: retrieve, prompt, model', async (t) => {
  const { openai, retrieve, answer } = await parts(t);
  openai.chat('No, not under water.');
  const end = await createBasicChain({ retrieve, answer }).invoke(asked);
  assert.equal(end.answer.text, 'No, not under water.');
  const prompt = promptText(openai.chatRequests[0]!.body as never);
  assert.ok(prompt.includes(text) && prompt.includes(asked.question));
});

test('self-evaluation on question and answer: the judge’s prompt holds the question as a string, and no passage', async (t) => {
  const { openai, judge } = await parts(t);
  openai.chat(judged);
  const context = await search(asked, {});
  const verdict = await judge('answer').invoke({ ...asked, context, answer: { text: 'No.', abstained: false } });
  assert.deepEqual([verdict.label, verdict.basis], ['Correct', 'answer']);
  const prompt = promptText(openai.chatRequests[0]!.body as never);
  assert.ok(prompt.includes(`<question>\n${asked.question}\n</question>`));
  assert.ok(!prompt.includes('[object Object]') && !prompt.includes(text));
});

test('self-evaluation with context: the judge sees the passages, and its quotations become evidence', async (t) => {
  const { openai, judge } = await parts(t);
  openai.chat(judged);
  const context = await search(asked, {});
  const verdict = await judge('context').invoke({ ...asked, context, answer: { text: 'No.', abstained: false } });
  assert.ok(promptText(openai.chatRequests[0]!.body as never).includes(text));
  assert.deepEqual(verdict.evidence, [{ quote: 'does not rot under water', passageId: 'p1', start: 24, end: 48 }]);
});

test('the result of the chain holds the values of every step', async (t) => {
  const { openai, chain } = await parts(t);
  openai.chat('No.', judged);
  const end = await chain.invoke(asked);
  assert.deepEqual(Object.keys(end), ['question', 'collection', 'topK', 'evaluation', 'context', 'answer', 'verdicts']);
  assert.deepEqual(
    [end.question, end.context[0]?.id, end.answer.text, end.verdicts.context?.label],
    [asked.question, 'p1', 'No.', 'Correct'],
  );
});

test('a keep step hands what passes through it to its own request only, and changes nothing', async () => {
  const step = keep<{ context: string }>('context');
  const run = async (value: string) => {
    const kept: unknown[] = [];
    const state = { context: value };
    const out = await step.invoke(state, {
      configurable: { keep: (name: string, it: unknown) => kept.push([name, it]) },
    });
    assert.equal(out, state);
    return kept;
  };
  const both = await Promise.all([run('mine'), run('yours')]);
  assert.deepEqual(both, [[['context', 'mine']], [['context', 'yours']]]);
  assert.deepEqual(await step.invoke({ context: 'nobody listens' }), { context: 'nobody listens' });
});

test('a trail records every step with its input, output and time', async (t) => {
  const { openai, chain } = await parts(t);
  openai.chat('No.', judged);
  const trail = new AskTrail();
  await chain.invoke(asked, { configurable: { trail: trail.root } });
  const steps = trail.steps();
  const names = steps.filter(({ kind }) => kind === 'step').map(({ name }) => name);
  for (const name of [
    'ask',
    'retrieve',
    'keep context',
    'answer',
    'fill answer prompt',
    'read answer',
    'evaluate with context',
  ])
    assert.ok(names.includes(name), name);
  assert.equal(steps.filter(({ kind }) => kind === 'model').length, 2);
  assert.equal(steps.filter(({ kind }) => kind === 'prompt').length, 2);
  for (const step of steps)
    assert.ok(step.startMs >= 0 && step.durationMs >= 0 && step.input !== undefined && step.output !== undefined);
  assert.doesNotMatch(
    JSON.stringify(steps),
    /Runnable(Sequence|Map|Lambda|Branch|Assign)/,
    'every step has a name of its own',
  );
});

test('a stored record gives back the reply and its trace, also in the formats of earlier versions', () => {
  const trail = new AskTrail();
  const at = trail.begin('retrieve', 'retriever', { question: 'Q' }, outermost);
  trail.outputs[at] = [1, 2];
  trail.ended[at] = trail.begun[at]! + 5;
  const reply = { id: 'ask_1', answer: 'No.', context: [] } as unknown as AskReply;
  const whole = { ...reply, trace: trail.steps() };
  assert.equal(whole.trace[0]!.name, 'retrieve');
  assert.deepEqual(fromKept(deserialize(serialize(toKept(reply, [], trail)))), whole);
  assert.deepEqual(fromKept(deserialize(serialize(whole))), whole);
  const { starts, durations, layout, failed, ...values } = trail.table();
  const columns = { names: layout.names, kinds: layout.kinds, depths: layout.depths, failed: [false] };
  const times = { startsMs: starts.map((each) => each / 100), durationsMs: durations.map((each) => each / 100) };
  assert.deepEqual(fromKept(deserialize(serialize({ ...reply, trace: { ...columns, ...times, ...values } }))), whole);
});

test('a record shows what each step returned, whatever its type, and the context as it was in the reply', () => {
  const trail = new AskTrail();
  class Found {
    id = 'p1';
    windows = [{ start: 0, end: 1 }];
    similarities = [1];
  }
  const given = [
    { name: 'mine', pieces: ['a', 'b'] },
    { pieces: 3 },
    { metadata: { id: 'p1', windows: [], similarities: [] } },
    new Found(),
    { text: 'x'.repeat(300), nothing: undefined, call: () => 1 },
  ];
  for (const output of given) trail.end(trail.begin('given', 'step', null, outermost), output);
  const told = [given[0], given[1], { metadata: { id: 'p1' } }, { id: 'p1' }, { text: 'x'.repeat(300), nothing: null }];
  const passage = { id: 'p1', text: 'y'.repeat(300), score: 1, rank: 1 } as FoundPassage;
  const found = [passage];
  trail.end(trail.begin('retrieve', 'retriever', null, outermost), found);
  const reply = { id: 'ask_1', context: toPassages(found) } as AskReply;
  passage.score = 0.5; // its retriever changes the object afterwards
  const { context, trace } = fromKept(deserialize(serialize(toKept(reply, found, trail))));
  assert.deepEqual(context, reply.context);
  assert.deepEqual(
    trace!.map(({ output }) => output),
    [...told, reply.context],
  );
  assert.deepEqual(trail.steps().slice(0, -1), trace!.slice(0, -1));
});

test('a record cuts off values that are nested too deep or contain themselves', () => {
  const trail = new AskTrail();
  const nestedIn = (depth: number, innermost: unknown) => {
    let value = innermost;
    for (let at = 0; at < depth; at += 1) value = at % 2 === 0 ? [value] : { value };
    return value;
  };
  const looped: Record<string, unknown> = { name: 'looped' };
  looped.selves = Array.from({ length: 1000 }, (_, at) => (at % 2 === 0 ? looped : { looped }));
  const given = [
    nestedIn(100_000, 1),
    new AIMessage({ content: [{ type: 'text', text: nestedIn(100_000, 1) as string }] }),
    looped,
    nestedIn(150, { last: 'shown' }),
  ];
  for (const output of given) trail.end(trail.begin('given', 'step', null, outermost), output);
  const { trace } = fromKept(deserialize(serialize(toKept({ id: 'ask_1', context: [] } as never, [], trail))));
  const told = trail.steps().map(({ output }) => JSON.stringify(output));
  assert.deepEqual(
    told,
    trace!.map(({ output }) => JSON.stringify(output)),
  );
  for (const deep of told.slice(0, 2)) assert.match(deep, /^.{600,2000}\(nested deeper\).{200,400}$/);
  assert.deepEqual(JSON.parse(told[2]!).selves.slice(0, 2), ['(nested deeper)', { looped: '(nested deeper)' }]);
  assert.equal(told[3], JSON.stringify(given[3]));
});

test('a record gives back every prompt word for word, though a text that many steps and asks saw is stored once', async (t) => {
  const { openai, chain } = await parts(t);
  const run = async () => {
    openai.chat('No.', judged);
    const trail = new AskTrail();
    await chain.invoke(asked, { configurable: { trail: trail.root } });
    return trail.table();
  };
  const tables = [await run(), await run(), await run()];
  const packed = serialize(tables);
  const traces = (deserialize(packed) as typeof tables).map((table) => stepsOf(table));
  const sent = openai.chatRequests.map(({ body }) => body.messages.map(({ content }) => String(content)));
  const told = traces.map((steps) => steps.filter(({ kind }) => kind === 'model').map(({ input }) => input));
  const contents = (messages: unknown) => (messages as { content: string }[]).map(({ content }) => content);
  assert.deepEqual(told.flat().map(contents), sent);

  const countIn = (bytes: Buffer, words: string) => bytes.toString('latin1').split(words).length - 1;
  const [instruction] = sent[0]!;
  assert.ok(instruction!.length > 200);
  assert.equal(countIn(packed, instruction!.slice(0, 100)), 1);
  const { context } = traces[0]!.find(({ name }) => name === 'fill answer prompt')!.output as { context: string };
  assert.ok(sent[0]!.at(-1)!.includes(context));
});

test('LangChain’s callbacks are told of every step, by its name', async (t) => {
  const { openai, chain } = await parts(t);
  openai.chat('No.', judged);
  const names: string[] = [];
  const hear = (name: string | undefined) => void names.push(name ?? '');
  const handler = {
    handleChainStart: (...told: unknown[]) => hear(told[7] as string),
    handleChatModelStart: (...told: unknown[]) => hear(told[7] as string),
  };
  const end = await chain.invoke(asked, { callbacks: [handler as never] });
  assert.equal(end.answer.text, 'No.');
  for (const name of ['ask', 'retrieve', 'keep context', 'answer', 'fill answer prompt', 'prompt answer', 'evaluate'])
    assert.ok(names.includes(name), `${name} of ${names.join()}`);
  assert.ok(!names.some((name) => name.startsWith('Runnable')), names.join());
});

test('two asks at once keep their traces, contexts and answers apart', async (t) => {
  const { openai, chain } = await parts(t);
  openai.chatWhen(/borne out/, judged);
  openai.chatWhen(/Question: one\?$/, 'answer one');
  openai.chatWhen(/Question: two\?$/, 'answer two');
  const run = async (question: string) => {
    const trail = new AskTrail();
    const end = await chain.invoke({ ...asked, question }, { configurable: { trail: trail.root } });
    return { answer: end.answer.text, trace: JSON.stringify(trail.steps()) };
  };
  const [one, two] = await Promise.all([run('one?'), run('two?')]);
  assert.deepEqual([one!.answer, two!.answer], ['answer one', 'answer two']);
  assert.ok(!one!.trace.includes('two?') && !two!.trace.includes('one?'));
});

test('the parts are LangChain’s: the retriever works in another chain, and any chat model as a step', async (t) => {
  const { openai, retrieve } = await parts(t);
  const retriever = new PassageRetriever(search, { collection: 'default', topK: 3 });
  const [document] = await retriever.invoke('Does alder rot?');
  assert.deepEqual([document?.pageContent, document?.metadata.source], [text, 'alder.md']);

  const anyModel = await initChatModel('m', {
    modelProvider: 'openai',
    apiKey: 'k',
    maxRetries: 0,
    configuration: { baseURL: openai.baseUrl },
  });
  const own = RunnableSequence.from([
    {
      context: retriever.pipe((documents) => documents.map(({ pageContent }) => pageContent).join('\n')),
      question: new RunnablePassthrough(),
    },
    prompts.answer,
    anyModel,
    new StringOutputParser(),
  ]);
  openai.chat('No.', 'Not under water.');
  assert.equal(await own.invoke('Does alder rot?'), 'No.');
  const basic = createBasicChain({
    retrieve,
    answer: createModelAnswer({ prompt: prompts.answer, model: anyModel as never }),
  });
  assert.equal((await basic.invoke(asked)).answer.text, 'Not under water.');
});

test('a prompt template of LangChain’s gets texts in place of the pieces that Assay’s own prompts take', async (t) => {
  const { openai, model, retrieve } = await parts(t);
  const prompt = ChatPromptTemplate.fromTemplate('Say in Latin. {context} {question}');
  openai.chat('Non.', judged, 'Yes');
  const answer = createModelAnswer({ prompt, model });
  const judgement = { prompt: ChatPromptTemplate.fromTemplate('{context} {answer}'), model, structuredModel: model };
  const judge = createModelJudge({
    basis: 'context',
    judgement: { ...judgement, asksForQuotes: true },
    word: { prompt: ChatPromptTemplate.fromTemplate('{context} {answer}?'), withProbabilities: model, model },
    timeoutMs: 5000,
  });
  await createAskChain({ retrieve, answer, evaluate: createEvaluate({ context: judge, answer: judge }) }).invoke(asked);
  const sent = openai.chatRequests.map(({ body }) => promptText(body as never));
  assert.equal(sent.length, 3);
  for (const each of sent) assert.ok(each.includes(`title="Alder">\n${text}\n</passage> `), each);
});

test('an ask of the chain ends at the timeout of its config, and is called in a trace what its config says', async (t) => {
  const { retrieve } = await parts(t);
  const late = step('late', () => delay(5000, { text: 'No.', abstained: false }, { ref: false }));
  const judge = step('no judge', () => unjudged('context', 'skipped', ''));
  const evaluate = createEvaluate({ context: judge, answer: judge });
  const stuck = createAskChain({ retrieve, answer: late, evaluate });
  await assert.rejects(stuck.invoke(asked, { timeout: 20 }), { name: 'TimeoutError' });

  const quick = createAskChain({
    retrieve,
    answer: step('quick', () => ({ text: 'No.', abstained: false })),
    evaluate,
  });
  const names: unknown[] = [];
  const handler = { handleChainStart: (...told: unknown[]) => void names.push(told[7]) };
  await quick.withConfig({ runName: 'mine', callbacks: [handler as never] }).invoke(asked);
  assert.deepEqual([names[0], names[1], names.filter((name) => name === 'mine').length], ['mine', 'retrieve', 1]);
});

test('docs/architecture.md shows the graph that LangChain draws of the chain', async (t) => {
  const { chain } = await parts(t);
  const drawn = chain.getGraph().drawMermaid().trim();
  const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  const shown = /```mermaid\n([\s\S]*?)```/.exec(page)?.[1]?.trim();
  assert.equal(shown, drawn, `docs/architecture.md should show:\n${drawn}`);
});
