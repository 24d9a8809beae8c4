import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FaissStore } from '@langchain/community/vectorstores/faiss';
import { Document } from '@langchain/core/documents';
import { FakeEmbeddings } from '@langchain/core/utils/testing';
import { capacityTables, embedded } from '../bench/capacity.ts';
import { evaluationStyles } from '../src/chain/calibration.ts';
import { AskReply, AskRequest } from '../src/chain/reply.ts';
import { readConfig } from '../src/config.ts';
import { errorTable } from '../src/errors.ts';
import { formatOfName } from '../src/ingest/format.ts';
import { fail } from './doubles/openai-replies.ts';
import { startOpenAiServer } from './doubles/openai-server.ts';
import {
  commandsOf,
  filesOf,
  followPage,
  project,
  readersFolder,
  readPage,
  runShell,
} from './doubles/page-commands.ts';
import { startService } from './doubles/service.ts';
import { temporaryFolder } from './doubles/temporary-folder.ts';

const pages = readdirSync(join(project, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

/** Commands that can't be run here, and why. */
const notRunHere: [RegExp, string][] = [
  [/^docker /, 'needs a container engine; .ci/run builds the image, runs it, and checks what it may write'],
  [/^kubectl /, 'needs a cluster; test/deploy.test.ts checks the manifests'],
  [/^(ollama|vllm|llama-server) /, 'needs that server and a model of gigabytes'],
  [/ npx assay migrate /, 'needs a Weaviate; test/commands/migrate.test.ts runs it'],
  [
    /make-pairs\.ts|^OPENAI_BASE_URL=… .* npx assay evaluate/,
    'needs SQuAD and that model; they made the figures of the page',
  ],
];
/** Commands that start a service that does not end: a test below starts one with the same settings. */
const startsService = /^([A-Z_]+=\S+ )+npm start$/;
/** Pages whose commands are run by a test file of their own. */
const ownTest: Record<string, string> = {
  'docs/extending.md': 'test/extending.test.ts',
  'docs/openai.md': 'test/examples.test.ts',
  'docs/mcp.md': 'test/examples.test.ts',
};
const isRunHere = (command: string) =>
  !startsService.test(command) && !notRunHere.some(([pattern]) => pattern.test(command));
const sample = join(project, 'corpus/neuron-state-anomalies.md');

/** Runs a page's commands beside a service without a language model that holds sample documents. */
async function follow(t: TestContext, page: string, replace: Record<string, string> = {}, settings = {}) {
  const folder = await readersFolder(t);
  mkdirSync(join(folder, 'corpus/of-mine'));
  copyFileSync(sample, join(folder, 'corpus/of-mine/neuron-state-anomalies.md'));
  writeFileSync(join(folder, 'old.csv'), 'Stadt;Land\nK\xf6ln;D\n', 'latin1');
  const service = await startService(t, { embedded: true });
  await service.parts.ingestFile('default', sample, 'neuron-state-anomalies.md');
  const { json } = await service.add('birch.md', 'Birch bark burns when it is wet.');
  const done = await followPage(page, {
    folder,
    url: service.url,
    settings,
    skip: (command) => !isRunHere(command),
    replace: {
      'path/to/folder': 'corpus/of-mine',
      'path/to/file.pdf': 'corpus/mm1.pdf',
      'path/to/old.csv': 'old.csv',
      DOCUMENT_ID: json.id,
      ...replace,
    },
  });
  return {
    folder,
    service,
    done,
    printedBy: (part: string) => done.find(({ command }) => command.includes(part))!.printed,
  };
}

test('every command in the docs is run by a test or listed with a reason why not', () => {
  const followed = [
    'documents',
    'verdicts',
    'migrating',
    'deploying',
    'model-servers',
    'keys',
    'operating',
    'http',
  ].map((name) => `docs/${name}.md`);
  const strays = pages.flatMap((page) =>
    commandsOf(readPage(page))
      .map(({ command }) => command)
      .filter((command) => isRunHere(command) && !followed.includes(page) && !(page in ownTest))
      .map((command) => `${page}: ${command}`),
  );
  assert.deepEqual(strays, []);
  const all = pages.flatMap((page) => commandsOf(readPage(page)).map(({ command }) => command));
  for (const [pattern] of notRunHere)
    assert.ok(
      all.some((command) => pattern.test(command)),
      `${pattern} is not needed`,
    );
  for (const [page, file] of Object.entries(ownTest)) assert.ok(readPage(file).includes(page.slice(5)), file);
});

test('docs/documents.md: files and texts are added, found, replaced and removed by its commands', async (t) => {
  const { done, printedBy, service } = await follow(t, 'docs/documents.md');
  assert.match(printedBy('npx assay ingest path/to/folder'), /1 new/);
  assert.match(printedBy('npx assay ask'), /^Training of the digit network took 8 epochs\.\n/);
  assert.equal(JSON.parse(printedBy('notes/alder.md')).source, 'notes/alder.md');
  assert.match(printedBy('PUT'), /handbook/);
  assert.equal(JSON.parse(printedBy("title='Handbook'")).collection, 'handbook');
  assert.equal(JSON.parse(printedBy('charset=')).source, 'old.csv');
  assert.equal(JSON.parse(printedBy('documents?collection=handbook')).documents[0].title, 'Handbook');
  assert.equal(JSON.parse(printedBy('/documents/DOCUMENT_ID')).source, 'birch.md');
  assert.equal(JSON.parse(printedBy('/ask')).answer, 'Alder wood does not rot under water.');
  assert.equal(JSON.parse(printedBy('/search')).context[0].source, 'notes/alder.md');
  assert.equal(done.length, 17, 'a new command may need a line here');
  const left = (await service.call('GET', '/documents')).json.documents.map(({ source }: { source: string }) => source);
  assert.ok(!left.includes('birch.md') && left.includes('notes/alder.md'));
});

test('docs/http.md: its commands ask, stream as it shows, and list; an error looks as it says', async (t) => {
  const { done, printedBy, service } = await follow(t, 'docs/http.md');
  assert.equal(JSON.parse(printedBy('epochs')).verdict.label, 'Correct');
  assert.equal(JSON.parse(printedBy('limit=2')).documents.length, 2);
  assert.equal(done.length, 3, 'a new command may need a line here');
  const { error } = JSON.parse(/```json\n(.*)\n```/.exec(readPage('docs/http.md'))![1]!);
  const { code, message } = (await service.call('POST', '/ask', {})).json.error;
  assert.deepEqual([error.code, error.message], [code, message]);
});

/** The names in the first column of the table below a heading, each with the text of the columns that follow. */
const namesBelow = (page: string, heading: string) => {
  const [table] = /^\|[\s\S]*?\n\n/m.exec(readPage(page).split(`\n## ${heading}\n`)[1]!)!;
  return [...table!.matchAll(/^\| (`.*?) \| (.*) \|$/gm)].flatMap(([, names, rest]) =>
    [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => [name!, rest!] as const),
  );
};

test('docs/http.md has every field of an ask with its default, every field of its reply, and every code with its status', () => {
  const page = 'docs/http.md';
  const asked = AskRequest.parse({ question: 'Which?', topK: 3 });
  const { question, ...defaults } = Object.fromEntries(namesBelow(page, 'A question'));
  assert.match(question!, /4,000/);
  assert.deepEqual(
    Object.keys(defaults).sort(),
    Object.keys(AskRequest.shape)
      .filter((name) => name !== 'question')
      .sort(),
  );
  for (const [name, rest] of Object.entries(defaults))
    assert.match(rest, new RegExp(`^[^|]*\\b${asked[name as keyof typeof asked]}\\b[^|]*\\|`), name);
  assert.deepEqual(
    namesBelow(page, 'The reply')
      .map(([name]) => name)
      .sort(),
    Object.keys(AskReply.shape).sort(),
  );
  const codes = namesBelow(page, 'Errors').map(([name, rest]) => [
    name,
    /^\d+/.exec(rest)![0],
    / (yes|no)$/.exec(rest)![1],
  ]);
  const known = Object.entries(errorTable)
    .filter(([name]) => !['CLIENT_GONE', 'BAD_SETTINGS'].includes(name)) // nobody is there to be told
    .map(([name, { status, retryable }]) => [name, `${status}`, retryable ? 'yes' : 'no']);
  assert.deepEqual(codes.sort(), known.sort());
});

test('docs/documents.md lists exactly the file extensions that are read', () => {
  const [table] = /\| ending [\s\S]*?\n\n/.exec(readPage('docs/documents.md'))!;
  const shown = [...table!.matchAll(/`\.(\w+)`/g)].map(([, ending]) => ending!);
  assert.throws(
    () => formatOfName('a.xyz'),
    ({ message }: Error) => {
      const known = /ending in (.*) can\.$/.exec(message)![1]!.split(', ');
      assert.deepEqual(shown.toSorted(), known.toSorted(), 'its table and src/ingest/format.ts have other endings');
      return true;
    },
  );
});

/** Scripts a model's reply to each prompt; its answer is right if the passage says 8 epochs. */
function scriptModel(openai: Awaited<ReturnType<typeof startOpenAiServer>>) {
  openai.chatWhen(/You answer questions from the passages of a team/, 'It took 8 epochs.');
  openai.chatWhen(/Evaluate whether/, '{"verdict":"Correct"}');
  openai.chatWhen(/Reply with one JSON object/, '{"quotes":[],"reason":"So it is.","verdict":"Correct","score":0.9}');
  openai.chatWhen(/Reply with one word/, 'Yes');
  openai.chatWhen(/in as few words as possible/, 'Three months');
}

test('docs/verdicts.md: its commands measure answers and questions, calibrate a model, and have an ask act on its verdict', async (t) => {
  const openai = await startOpenAiServer({ test: t });
  scriptModel(openai);
  const settings = { OPENAI_BASE_URL: openai.baseUrl, EMBEDDING_MODEL: 'e5-small-v2-q', CHAT_MODEL: 'mine' };
  const { folder, printedBy, done } = await follow(t, 'docs/verdicts.md', {}, settings);
  assert.match(printedBy('answers.jsonl --out'), /4 answers judged/);
  assert.match(printedBy('questions.jsonl'), /abst/i);
  assert.match(printedBy('languages/german.jsonl'), /10 questions asked/);
  assert.ok(existsSync(join(folder, 'report/report.html')));
  const { judges } = JSON.parse(readFileSync(join(folder, 'calibration.json'), 'utf8'));
  assert.deepEqual([judges[0].model, judges[0].style], ['mine', 'cross-check']);
  assert.equal(JSON.parse(printedBy('curl')).abstained, false);
  assert.equal(done.length, 6, 'a new command may need a line here');
  const calibrated = {
    ...settings,
    EVALUATION_STYLE: 'cross-check',
    EVALUATION_CALIBRATION: `${folder}/calibration.json`,
  };
  const {
    call,
    add,
    openai: its,
  } = await startService(t, { settings: { ...calibrated, OPENAI_BASE_URL: openai.baseUrl } });
  await add('a.md', 'The notice period is three months to the end of a quarter.');
  const { verdict } = (await call('POST', '/ask', { question: 'How long is the notice period?' })).json;
  assert.ok(verdict.score > 0 && verdict.score < 1, 'the calibration makes a probability');
  assert.equal(its.requests.length, 0);
});

test('docs/migrating.md: its commands import a FaissStore, and ask in place of invoke and stream', async (t) => {
  const saved = new FaissStore(new FakeEmbeddings(), {});
  const texts = Array.from({ length: 9 }, (_, at) => `Tree ${at} stands alone near pond ${at}.`);
  await saved.addDocuments(
    texts.map((pageContent, at) => new Document({ pageContent, metadata: { source: `${at}.md` } })),
  );
  const store = await temporaryFolder(t);
  await saved.save(store);
  const { printedBy, done } = await follow(t, 'docs/migrating.md', { 'path/to/faiss-folder': store });
  assert.match(printedBy('import-faiss'), /Imported 9 entries: 9 new/);
  assert.match(printedBy('npx assay ask'), /^Tree 7 stands alone near pond 7\.\n/);
  assert.match(printedBy('doctor'), /ok +store/);
  assert.equal(
    printedBy('export')
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{')).length,
    9,
  );
  assert.match(JSON.parse(printedBy('/ask')).answer, /8 epochs/);
  const events = [...printedBy('"stream":true').matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual(events, ['context', 'token', 'answer', 'verdict', 'done']);
  assert.equal(done.length, 6, 'a new command may need a line here');
});

test('the keys made by commands in the docs have the rights and collections the docs say', async (t) => {
  const folder = await readersFolder(t);
  const run = async (page: string) => {
    const [done] = await followPage(page, { folder, skip: (command) => !isRunHere(command) });
    return { authorization: `Bearer ${/assay_\w+|[\w-]{40,}/.exec(done!.printed)![0]}` };
  };
  const intranet = await run('docs/deploying.md');
  const team = await run('docs/keys.md');
  const prometheus = await run('docs/operating.md');
  const keysFile = join(folder, 'keys.txt');
  const { apiKeys } = readConfig({ API_KEYS_FILE: keysFile }, folder);
  assert.deepEqual(
    apiKeys.map(({ name }) => name),
    ['intranet', 'team', 'prometheus'],
  );
  const { call } = await startService(t, { embedded: true, settings: { API_KEYS_FILE: keysFile } });
  const ask = { question: 'How are you?' };
  assert.equal((await call('POST', '/ask', ask, intranet)).status, 200);
  assert.equal((await call('POST', '/ask', ask, team)).status, 404, 'it opens other collections');
  assert.equal((await call('GET', '/metrics', undefined, team)).status, 403);
  assert.equal((await call('GET', '/metrics', undefined, prometheus)).status, 200);
  assert.equal((await call('GET', '/documents', undefined, prometheus)).status, 403);
});

const servers = 'docs/model-servers.md';
const starts = commandsOf(readPage(servers)).filter(({ command }) => startsService.test(command));

for (const { command } of starts)
  test(`docs/model-servers.md: ${command}`, async (t) => {
    const settings = Object.fromEntries(
      [...command.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name!, value!]),
    );
    readConfig(settings, await temporaryFolder(t)); // valid as the page has them
    const { OPENAI_BASE_URL, FALLBACK_BASE_URL, ...others } = settings;
    const spare = FALLBACK_BASE_URL ? await startOpenAiServer({ test: t }) : null;
    const { call, add, openai } = await startService(t, {
      settings: { ...others, ...(spare && { FALLBACK_BASE_URL: spare.baseUrl }) },
    });
    if (spare) openai.chatWhen(/./, fail.status(503));
    const answering = spare ?? openai;
    scriptModel(answering);
    await add('a.md', 'Training took 8 epochs.');
    const { answer, verdict } = (await call('POST', '/ask', { question: 'How many epochs did training take?' })).json;
    assert.deepEqual([answer, verdict.label], ['It took 8 epochs.', 'Correct']);

    const { CHAT_MODEL = 'gpt-4.1-mini', EMBEDDING_MODEL = 'text-embedding-3-small' } = settings;
    const { FALLBACK_CHAT_MODEL = CHAT_MODEL, EVALUATION_MODEL = CHAT_MODEL } = settings;
    const calls = settings.EVALUATION_STYLE === 'cross-check' ? 2 : 1;
    const judging = Array.from({ length: calls }, () => (spare ? FALLBACK_CHAT_MODEL : EVALUATION_MODEL));
    assert.deepEqual(
      answering.chatRequests.map(({ body }) => body.model),
      [spare ? FALLBACK_CHAT_MODEL : CHAT_MODEL, ...judging],
    );
    const embedding = new Set(openai.embeddingRequests.map(({ body }) => body.model));
    assert.deepEqual([...embedding], EMBEDDING_MODEL === 'e5-small-v2-q' ? [] : [EMBEDDING_MODEL]);
    assert.equal(spare?.embeddingRequests.length ?? 0, 0, 'a spare server makes no vectors');
  });

test('docs/model-servers.md says how many calls each style of evaluation makes', async (t) => {
  const [table] = /\| style [\s\S]*?\n\n/.exec(readPage(servers))!;
  const rows = [...table!.matchAll(/^\| `([\w-]+)`[^|]*\| (\d)[^|]*\|/gm)];
  const shown = rows.map(([, style, calls]) => [style!, Number(calls)] as const);
  assert.deepEqual(shown.map(([style]) => style).sort(), evaluationStyles.toSorted());
  for (const [style, calls] of shown) {
    const { call, add, openai } = await startService(t, { settings: { EVALUATION_STYLE: style } });
    scriptModel(openai);
    await add('a.md', 'Training took 8 epochs.');
    await call('POST', '/ask', { question: 'How many epochs did training take?' });
    assert.equal(openai.chatRequests.length, 1 + calls, style);
  }
});

test('docs/model-servers.md: reembed makes new vectors beside a running service, to be used from its next start', async (t) => {
  const { add, dataDir } = await startService(t);
  await add('a.md', 'Training took 8 epochs.');
  const folder = await readersFolder(t);
  const settings = { DATA_DIR: dataDir };
  const [done] = await followPage(servers, { folder, settings, skip: (command) => !isRunHere(command) });
  assert.equal(done!.command, 'npx assay reembed');
  assert.match(done!.printed, /passages? with e5-small-v2-q\. A service still uses the old vectors/);
});

/** Figures as a page writes them: shares, AUROCs, times, sizes and rates. */
const figuresOf = (text: string) =>
  new Set(
    text.match(/(?<![\w.,-])\d[\d,]*(?:\.\d+)?%?(?= ms|%| MiB| passages\/s)|(?<![\w.])0\.\d{3}\b|\d+(?:\.\d+)?%/g) ??
      [],
  );

for (const [page, source] of [
  ['docs/verdicts.md', 'docs/evaluation.md'],
  ['docs/scaling.md', 'docs/benchmarks.md'],
] as const)
  test(`the figures in ${page} are in ${source}`, () => {
    const figures = figuresOf(readPage(page));
    assert.ok(figures.size > 8, `${figures.size}`);
    const measured = readPage(source);
    for (const figure of figures)
      assert.match(measured, new RegExp(`(?<![\\d.,])${RegExp.escape(figure)}(?![\\d]|\\.\\d)`), figure);
  });

/** The cells of a table's rows, without bold type and intervals. */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\|(?! ?-)(.*)\|$/gm)].map(([, row]) =>
    row!.split('|').map((cell) => cell.replace(/\*\*| \(.*\)/g, '').trim()),
  );

test('the tables of docs/verdicts.md and docs/scaling.md agree with the measurements in docs/evaluation.md and docs/benchmarks.md', () => {
  const [, judged] = readPage('docs/evaluation.md').split('## With a small language model as judge');
  const measured = rowsOf(judged!);
  for (const [judge, ...figures] of rowsOf(readPage('docs/verdicts.md')).filter((row) =>
    /^0\.\d{3}$/.test(row[1] ?? ''),
  )) {
    const row = measured.find(([name]) => name!.split(/[ ,]/)[0] === judge!.split(/[ ,]/)[0])!;
    assert.deepEqual(figures, row.slice(1, 5), `the row of ${judge}`);
  }
  const benchmarks = readPage('docs/benchmarks.md');
  const rows = rowsOf(readPage('docs/scaling.md')).filter((row) => /^[\d,]+$/.test(row[0]!));
  assert.equal(rows.length, 3);
  for (const [size, vectors, hybrid, rate, memory] of rows) {
    const section = benchmarks.split(`| ${size} passages |`)[1]!.split(/^\| [\d,]+ passages/m)[0]!;
    const named = (name: string) => rowsOf(section).find(([first]) => first === name)!;
    const p50 = (name: string) => `${named(name)[2]!.split(' / ')[0]} ms`;
    assert.deepEqual(
      [vectors, hybrid, rate],
      [p50('Assay, vectors only'), p50('Assay, hybrid'), named('Assay, hybrid')[4]],
    );
    assert.ok(section.includes(`${memory} after the searches`), `memory at ${size}`);
  }
});

test('docs/scaling.md has the tables that bench/capacity.ts computes, and these rest on the measured figures', () => {
  const page = readPage('docs/scaling.md');
  for (const [name, table] of Object.entries(capacityTables()))
    assert.ok(page.includes(`\n${table}\n`), `${name} should be:\n${table}`);
  const million = readPage('docs/benchmarks.md').split('| 1,000,000 passages |')[1]!;
  const { buildingMiB, bytesPerWindow, emptyMiB } = embedded;
  const most = `${buildingMiB.toLocaleString('en-US')} MiB at most while adding and building`;
  assert.ok(million.includes(`${most}; ${bytesPerWindow} bytes a passage above the empty store's ${emptyMiB} MiB`));
});

test('docs/comparison.md has a source for every claim about other products, or says unknown, and the date of the look-up', () => {
  const page = readPage('docs/comparison.md');
  assert.match(page, /Looked up on \d{4}-\d\d-\d\d/);
  const rows = page.split('\n').filter((line) => /^\| \[/.test(line));
  assert.ok(rows.length >= 8);
  for (const row of rows) {
    const cells = row.slice(2, -2).split(' | ');
    assert.equal(cells.length, 4, row);
    for (const cell of cells) assert.match(cell, /\]\(https:\/\/\S+\)|^unknown/, `${cells[0]}: ${cell}`);
  }
});

test('links between pages and to headings lead somewhere, and docs/README.md names every page', () => {
  const anchors = (text: string) =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, words]) =>
      words!
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
  for (const page of [...pages, 'README.md'])
    for (const [, target] of readPage(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path, anchor] = target!.split('#');
      const file = path === '' ? page : join(dirname(page), path!);
      assert.ok(existsSync(join(project, file)), `${page}: ${target}`);
      if (anchor) assert.ok(anchors(readPage(file)).includes(anchor), `${page}: ${target}`);
    }
  const index = readPage('docs/README.md');
  for (const page of pages.filter((name) => !/decisions|README/.test(name)))
    assert.ok(index.includes(`(${page.slice(5)})`), `${page} is not in docs/README.md`);
});

test('files that the docs name exist, and TypeScript files are run with the project’s own Node', () => {
  for (const page of [...pages, 'README.md']) {
    const text = readPage(page);
    for (const [, file] of text.matchAll(/`((?:src|test|evaluation|bench|scripts|deploy|prompts)\/[\w./-]+\.\w+)`/g))
      assert.ok(existsSync(join(project, file!)), `${page}: ${file}`);
    // Commands after `kubectl exec … --` run in the image, which has no other Node.
    assert.doesNotMatch(text, /(?<!npx |-- )\bnode [\w./-]+\.ts/, page);
  }
});

test('docs/decisions/0006 says of every package what it is for, and names no other', () => {
  const { dependencies, devDependencies } = JSON.parse(readPage('package.json'));
  const rows = readPage('docs/decisions/0006-dependencies.md').match(/^\| `.*$/gm)!;
  const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
  const used = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !name.startsWith('@types/'));
  assert.deepEqual(named.sort(), used.sort());
});

test('docs/weaviate.md gives the engine the same settings as deploy/ does', () => {
  const deployed = readPage('deploy/compose.replicas.yaml');
  const said = [...readPage('docs/weaviate.md').matchAll(/`([A-Z_]+)=(\w+)`/g)];
  const both = said.filter(([, name]) => deployed.includes(` ${name}: `));
  assert.ok(both.length > 3);
  for (const [, name, value] of both) assert.match(deployed, new RegExp(` ${name}: "?${value}"?\n`), name!);
});

test('every code block in the docs is checked by a test', () => {
  /** The test that checks a page's blocks of a language. Commands are run, and files that a page shows are compared or used by followPage. */
  const checkedBy: Record<string, Record<string, string>> = {
    'docs/architecture.md': { mermaid: 'test/chain/ask.test.ts', drawing: 'is a drawing' },
    'docs/http.md': { json: 'test/docs.test.ts' },
    'docs/mcp.md': { json: 'test/examples.test.ts' },
    'docs/openai.md': { py: 'test/http/openai-python.test.ts', js: 'test/docs.test.ts' },
    'docs/operating.md': { yaml: 'test/deploy.test.ts' },
  };
  for (const page of pages) {
    const text = readPage(page);
    const shown = new Set(filesOf(text).values());
    for (const [, language, block] of text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)) {
      if (language === 'sh' || language === 'text' || shown.has(block!)) continue;
      const checker = checkedBy[page]?.[language || 'drawing'];
      assert.ok(checker, `${page}: nobody checks\n${block}`);
      if (checker.endsWith('.ts')) assert.ok(readPage(checker).includes(page.slice(5)), `${checker} names ${page}`);
    }
  }
});

test('the JavaScript snippet in docs/openai.md prints the answer and the verdict', async (t) => {
  const { url, parts } = await startService(t, { embedded: true });
  await parts.ingestFile('default', sample, 'a.md');
  const snippet = /```js\n([\s\S]*?)```/.exec(readPage('docs/openai.md'))![1]!.replace('http://127.0.0.1:3000', url);
  const folder = await readersFolder(t);
  writeFileSync(join(folder, 'snippet.mjs'), snippet);
  const { stdout } = await runShell('npx node snippet.mjs', {}, folder);
  assert.equal(stdout, 'Training of the digit network took 8 epochs. Correct\n');
});
