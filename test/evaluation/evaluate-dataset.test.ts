import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readDataset } from '../../evaluation/dataset.ts';
import { runCommand } from '../doubles/command-line.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

const context = 'The tower of Aldmoor was built in 1382 by the mason Peter Hale. A fire in 1740 destroyed the hall.';
const pairs = [
  ['Who built the tower?', 'Peter Hale', 'Correct', ''],
  ['Who built the tower?', 'Joan Firth <script>alert(1)</script>', 'Incorrect', 'from memory'],
  ['When was the tower built?', '1382', true, ''],
  ['When was the tower built?', '1740', 0, 'span of the same paragraph'],
  ['What destroyed the hall?', 'A fire', 1, ''],
  ['What destroyed the hall?', 'the tower', false, 'span of the same paragraph'],
].map(([question, answer, label, kind]) => ({ question, context, answer, label, kind }));
const jsonLines = (things: unknown[]) => `${things.map((thing) => JSON.stringify(thing)).join('\n')}\n`;

async function folders(t: Test) {
  const folder = await temporaryFolder(t);
  return { folder, file: (name: string) => join(folder, name), out: join(folder, 'out') };
}

test('labelled answers are judged without a language model, and the report is written for people and for programs', async (t) => {
  const { file, out } = await folders(t);
  writeFileSync(file('pairs.jsonl'), `\ufeff${jsonLines(pairs)}`); // with the byte order mark that some editors write
  const { code, stdout, stderr } = await runCommand(['evaluate', file('pairs.jsonl'), '--out', out], {});
  assert.equal(code, 0, stderr);
  assert.match(stdout, /6 answers judged/);
  assert.match(stdout, /\| embedded, context \| +1\.000 /);
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
  assert.equal(report.figures['verdict.embedded, context.auroc'].count, 6);
  const page = readFileSync(join(out, 'report.html'), 'utf8');
  assert.match(page, /<svg[\s\S]*ROC|ROC[\s\S]*<svg/);
  assert.doesNotMatch(page, /<script>/);
});

test('with a language model each style has a row; a second run reuses the kept replies and skips a line that was cut short', async (t) => {
  const { file, out } = await folders(t);
  writeFileSync(file('pairs.jsonl'), jsonLines(pairs));
  const openai = await startOpenAiServer({ test: t });
  openai.chatWhen(/Evaluate whether/, '{"verdict":"Correct"}');
  openai.chatWhen(/Reply with one JSON object/, '{"quotes":[],"reason":"","verdict":"Incorrect","score":0.2}');
  openai.chatWhen(/Reply with one word/, 'Yes');
  openai.chatWhen(/in as few words as possible/, 'Peter Hale');
  const settings = { OPENAI_BASE_URL: openai.baseUrl, EMBEDDING_MODEL: 'e5-small-v2-q', CHAT_MODEL: 'scripted-chat' };
  const calibration = file('a folder that is not there yet/calibration.json');
  const args = ['evaluate', file('pairs.jsonl'), '--out', out, '--styles', 'plain,full', '--calibrate', calibration];
  const first = await runCommand(args, settings);
  assert.equal(first.code, 0, first.stderr);
  for (const row of ['embedded, context', 'plain, context', 'full, context', 'full, context, calibrated'])
    assert.ok(first.stdout.includes(`| ${row} `), row);
  // Three prompts (plain, JSON, one word) for each of six pairs, and the judge's own answer to each of three questions.
  assert.equal(openai.chatRequests.length, 6 * 3 + 3);
  const written = JSON.parse(readFileSync(calibration, 'utf8'));
  assert.deepEqual(
    written.judges.map(({ style, model, pairs: count }: Record<string, unknown>) => [style, model, count]),
    [['full', 'scripted-chat', 6]],
  );

  appendFileSync(join(out, 'replies.tsv'), 'a line that was cut sh');
  const second = await runCommand(args, settings);
  const figures = (text: string) => text.replace(/[\d.]+ ms/g, '').replace(/ +/g, ' ');
  assert.equal(figures(second.stdout), figures(first.stdout));
  assert.equal(openai.chatRequests.length, 21);

  writeFileSync(file('aldmoor.md'), context);
  const withCalibration = { ...settings, DATA_DIR: file('data'), EVALUATION_CALIBRATION: calibration };
  const stored = await runCommand(['ingest', file('aldmoor.md')], withCalibration);
  assert.equal(stored.code, 0, stored.stderr);
  const used = await runCommand(['ask', 'Who?', '--json'], withCalibration);
  assert.equal(used.code, 0, used.stderr);
});

test('questions are asked over the corpus given with --corpus, and the command fails if a figure misses the gate', async (t) => {
  const { folder, file, out } = await folders(t);
  mkdirSync(file('docs'));
  writeFileSync(join(folder, 'docs/aldmoor.md'), `# Aldmoor\n\n${context}`);
  writeFileSync(join(folder, 'docs/brindle.md'), '# Brindle\n\nBrindle is a village of sheep farmers.');
  writeFileSync(
    file('questions.jsonl'),
    jsonLines([
      { question: 'When was the tower of Aldmoor built?', answers: ['1382'], source: 'aldmoor.md' },
      { question: 'Who built the tower of Aldmoor?', answers: ['Peter Hale'], source: 'docs/aldmoor.md' },
      { question: 'Who won the football match on Sunday?', answers: [] },
    ]),
  );
  writeFileSync(
    file('gate.json'),
    JSON.stringify({ 'retrieval.hitAt1': 0.5, 'answer.f1': 0.99, 'abstention.lost': { atMost: 0 } }),
  );
  const args = [
    'evaluate',
    file('questions.jsonl'),
    '--corpus',
    file('docs'),
    '--out',
    out,
    '--gate',
    file('gate.json'),
  ];
  const { code, stdout, stderr } = await runCommand([...args, '--json'], {});
  assert.equal(code, 1);
  assert.match(stderr, /Below the gate: answer\.f1 is 0\.\d+, and must be at least 0\.99\./);
  assert.equal(stderr.match(/Below the gate/g)!.length, 1);
  const figures = JSON.parse(stdout);
  assert.equal(figures['answer.contains'].value, 1);
  assert.equal(figures['retrieval.hitAt1'].value, 0.5);
  assert.match(
    stderr,
    /^Not among the documents, .*: 1 of 2 sources that the questions name \(docs\/aldmoor\.md\)\. /m,
  );
  assert.equal(figures['abstention.recall'].value, 1);
});

test('of a data set in SQuAD’s format, paragraphs are ingested, questions asked, and made-up wrong answers judged', async (t) => {
  const { file, out } = await folders(t);
  const qas = [
    {
      question: 'When was the tower of Aldmoor built?',
      answers: [{ text: '1382', answer_start: context.indexOf('1382') }],
    },
    {
      question: 'Who built the tower of Aldmoor?',
      answers: [{ text: 'Peter Hale', answer_start: context.indexOf('Peter') }],
    },
    {
      question: 'Who destroyed the tower?',
      is_impossible: true,
      plausible_answers: [{ text: 'A fire', answer_start: 64 }],
    },
  ];
  writeFileSync(file('squad.json'), JSON.stringify({ data: [{ title: 'Aldmoor', paragraphs: [{ context, qas }] }] }));
  const { code, stdout, stderr } = await runCommand(['evaluate', file('squad.json'), '--out', out], {});
  assert.equal(code, 0, stderr);
  assert.match(stdout, /3 questions asked/);
  assert.match(stdout, /Source is the first passage +\| +100\.0%/);
  assert.match(stdout, /answer to another question|span of the same paragraph/);
});

test('the sample questions are asked of the sample documents, whichever CORPUS_DIR the settings name', async (t) => {
  const { folder } = await folders(t);
  writeFileSync(join(folder, 'own.md'), 'The tower of Aldmoor was built in 1382.');
  const { code, stdout, stderr } = await runCommand(['evaluate', '--json'], { CORPUS_DIR: folder });
  assert.equal(code, 0, stderr);
  const { sourceInTopThree, questions } = JSON.parse(stdout);
  assert.ok(questions > 100 && sourceInTopThree > 0.95, stdout);
});

test('wrong options, and options for a data set without one, are refused before anything is done', async (t) => {
  const { file } = await folders(t);
  writeFileSync(file('pairs.jsonl'), jsonLines(pairs));
  const refused = async (args: string[], says: RegExp, code = 2) => {
    const ran = await runCommand(['evaluate', ...args], {});
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.stderr}`);
    assert.match(ran.stderr, says);
  };
  await refused(['--judge', 'x'], /^--judge takes context, answer, both\.\n$/);
  await refused(['--on-incorrect', 'x'], /^--on-incorrect takes return, retry, abstain\.\n$/);
  await refused(['--limit', '0', file('pairs.jsonl')], /^--limit takes a whole number from 1\.\n$/);
  await refused(['--limit', '5', '--out', file('out')], /^Only a data set .* with --out, --limit: name one\.\n$/);
  await refused([file('pairs.jsonl'), '--gate'], /^--gate takes a file for a data set/);
  await refused(['--calibrate', file('c.json'), '--styles', 'plain', file('pairs.jsonl')], /^--calibrate is for/);
  await refused(
    ['--calibrate', file('c.json'), '--styles', 'cross-check', file('pairs.jsonl')],
    /^Without a language model there is nothing for --styles, --calibrate: set OPENAI_BASE_URL/,
    1,
  );
  assert.ok(!existsSync(file('c.json')) && !existsSync(file('out')));
});

test('a style that cannot be calibrated is reported, and the report is written all the same', async (t) => {
  const { file, out } = await folders(t);
  writeFileSync(file('pairs.jsonl'), jsonLines(pairs.slice(0, 2)));
  const openai = await startOpenAiServer({ test: t });
  openai.chatWhen(/Reply with one word/, 'Yes');
  openai.chatWhen(/in as few words as possible/, 'Peter Hale');
  const settings = { OPENAI_BASE_URL: openai.baseUrl, EMBEDDING_MODEL: 'e5-small-v2-q', CHAT_MODEL: 'scripted-chat' };
  const args = ['evaluate', '--out', out, '--styles', 'cross-check', '--calibrate', file('calibration.json')];
  const { code, stderr } = await runCommand([...args, file('pairs.jsonl')], settings);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /\nNot calibrated: cross-check, context\. It takes right and wrong answers, to at least two questions, .*\n$/,
  );
  assert.ok(existsSync(join(out, 'report.json')) && !existsSync(file('calibration.json')));
});

test('a data set that cannot be read is refused, and the error names the line', async (t) => {
  const { file } = await folders(t);
  const refuses = (text: string, message: RegExp) => {
    writeFileSync(file('bad.jsonl'), text);
    assert.throws(() => readDataset(file('bad.jsonl')), { code: 'BAD_INPUT', message });
  };
  refuses('', /empty/);
  refuses(jsonLines([pairs]), /^Line 1 of the data set is no JSON object\.$/);
  const asked = { question: 'When?', answers: ['1382'] };
  refuses(jsonLines([asked, { ...asked, question: ' ' }]), /^Line 2 of the data set: question must not be empty\. /);
  refuses(jsonLines([{ ...asked, question: 'w'.repeat(4001) }]), /: question must have at most 4,000 characters\. /);
  refuses(jsonLines([{ ...asked, answers: [''] }]), /: answers\.0 must not be empty \(a list without any means/);
  writeFileSync(file('bad.jsonl'), Buffer.from(jsonLines([{ ...asked, question: 'Où ?' }]), 'latin1'));
  assert.throws(() => readDataset(file('bad.jsonl')), { message: 'The data set is not encoded in UTF-8.' });
  refuses('no JSON', /^Line 1 of the data set is no JSON object/);
  refuses(jsonLines([pairs[0], { ...pairs[0], label: 'maybe' }]), /^Line 2 of the data set: label must be Correct/);
  refuses(jsonLines([{ question: 'Q', answers: 'no list' }]), /^Line 1 of the data set: answers /);
  const { answer, ...unanswered } = pairs[0]!;
  refuses(
    jsonLines([unanswered]),
    /^Line 1 of the data set: answer must be a text\. A line holds question, context \(a text or/,
  );
  refuses(jsonLines([{ ...pairs[0], context: 7 }]), /: context must be a text or a list of texts\. /);
  assert.throws(() => readDataset(file('missing.jsonl')), { code: 'BAD_INPUT' });
  const broken = /^The data set's file broken\.json is no JSON\. \(A file of JSON lines must not be named \.json\.\)$/;
  for (const content of ['{"data":[', jsonLines([asked, asked])]) {
    writeFileSync(file('broken.json'), content);
    assert.throws(() => readDataset(file('broken.json')), { code: 'BAD_INPUT', message: broken });
  }
  const { code, stderr } = await runCommand(['evaluate', file('missing.jsonl'), '--out', file('out')], {});
  assert.deepEqual([code, stderr], [1, 'The data set cannot be read: there is no such file or folder.\n']);
  writeFileSync(file('pairs.jsonl'), jsonLines(pairs));
  const nowhere = await runCommand(['evaluate', file('pairs.jsonl'), '--out', file('broken.json')], {});
  assert.deepEqual([nowhere.code, nowhere.stderr], [1, '--out names no place where a folder can be made.\n']);
});
