import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deflateSync } from 'node:zlib';
import type { AppError } from '../../src/errors.ts';
import { errorForLog } from '../../src/http/error-reply.ts';
import { loadText } from '../../src/ingest/load.ts';
import { startParser } from '../../src/ingest/parser.ts';
import { splitDocument } from '../../src/ingest/split.ts';
import { createTokenCounter } from '../../src/ingest/tokens.ts';
import type { Test } from '../doubles/temporary-folder.ts';
import { makePdf } from './formats/make-pdf.ts';

const sizes = { chunkSizeTokens: 60, chunkOverlapTokens: 12 };
const small = (text: string) => ({ text, format: 'text' as const, ...sizes });
/** Takes about a second to read. */
const large = {
  bytes: Buffer.from('id,name\n'.concat('1,Some words here\n'.repeat(200_000))),
  name: 'a.csv',
  ...sizes,
};
/** A page whose content unpacks to half a gigabyte. */
const pdfBomb = {
  bytes: makePdf([[]], { packed: deflateSync(Buffer.alloc(512 * 1_024 * 1_024, ' ')) }),
  name: 'a.pdf',
  ...sizes,
};

/** A parser and its processes, in the order in which Node reports that it started them. */
async function open(t: Test, options: Parameters<typeof startParser>[0] = {}) {
  const children: ChildProcess[] = [];
  const waiting: ((child: ChildProcess) => void)[] = [];
  const hear = (message: unknown) => {
    const child = (message as { process: ChildProcess }).process;
    children.push(child);
    waiting.shift()?.(child);
  };
  subscribe('child_process', hear);
  const parser = await startParser({ processes: 1, ...options });
  t.after(async () => {
    unsubscribe('child_process', hear);
    await parser.close();
  });
  const nextChild = () => new Promise<ChildProcess>((resolve) => waiting.push(resolve));
  return { parser, children, nextChild };
}

test('a parser process returns what reading and splitting in this process would, however large the document', async (t) => {
  const { parser } = await open(t);
  const countTokens = createTokenCounter();
  const text = `# Heading\n\n${'Wörds of a sentence, 😀 and more. '.repeat(20_000)}\n\n## Other\n\n- one\n- two\n`;
  const loaded = await loadText({ text, format: 'markdown' });
  const passages = splitDocument(loaded, { ...sizes, countTokens });
  const expected = { loaded: { format: 'markdown', title: 'Heading', text: loaded.text }, passages };
  assert.deepEqual(await parser.parse({ text, format: 'markdown', ...sizes }), expected);
  const bytes = Buffer.from(text);
  assert.deepEqual(await parser.parse({ bytes, name: 'a.md', ...sizes }), expected);
  assert.deepEqual((await parser.parse({ bytes, name: 'a', format: 'markdown', ...sizes })).passages, passages);
});

test('processes are started only when they are needed, and never more than configured', async (t) => {
  const { parser, children } = await open(t, { processes: 3 });
  assert.equal(children.length, 0);
  await parser.parse(small('One.'));
  await parser.parse(small('Two.'));
  assert.equal(children.length, 1);
  await Promise.all(Array.from({ length: 10 }, (_, index) => parser.parse(small(`Text ${index}.`))));
  assert.equal(children.length, 3);
});

test('a small document does not wait for a large one that is read at the same time', async (t) => {
  const { parser } = await open(t, { processes: 2 });
  const order: string[] = [];
  await Promise.all([
    parser.parse(large).then(() => order.push('large')),
    parser.parse(small('One.')).then(() => order.push('small')),
  ]);
  assert.deepEqual(order, ['small', 'large']);
});

test('errors keep their code, quote nothing of the document, and leave the parser usable', async (t) => {
  const { parser } = await open(t);
  const secret = Buffer.from('{"secret"');
  const rejected = { name: 'AppError', code: 'BAD_DOCUMENT', message: /^The file is not valid JSON/, cause: undefined };
  await assert.rejects(parser.parse({ bytes: secret, name: 'a.json', ...sizes }), rejected);
  await assert.rejects(parser.parse({ bytes: secret, name: 'a.exe', ...sizes }), { code: 'UNSUPPORTED_FORMAT' });
  assert.equal((await parser.parse(small('Fine.'))).loaded.text, 'Fine.');
});

test('the log shows where in the parser an unforeseen failure came from', async (t) => {
  const { parser } = await open(t);
  await assert.rejects(parser.parse(small(5 as unknown as string)), (error: AppError) => {
    assert.match(errorForLog(error).frames![0]!, /ingest\/load\.ts/);
    return error.code === 'INTERNAL';
  });
});

test('a document that takes too long to read is refused, and the others are read', async (t) => {
  const { parser, children } = await open(t, { timeoutMs: 2_000 });
  const others = ['One.', 'Two.'].map((text) => parser.parse(small(text)));
  const slow = parser.parse(large);
  others.push(parser.parse(small('Three.')));
  await others[1];
  children[0]!.kill('SIGSTOP'); // so that it takes too long however fast this machine is
  await assert.rejects(slow, { code: 'BAD_DOCUMENT', message: 'The document took too long to read.' });
  assert.deepEqual(
    (await Promise.all(others)).map(({ loaded }) => loaded.text),
    ['One.', 'Two.', 'Three.'],
  );
  assert.equal(children.length, 2);
  assert.equal(children[0]?.signalCode, 'SIGKILL');
});

test('a document that needs too much memory, in buffers or in objects, is refused, and the others are read', async (t) => {
  const { parser } = await open(t, { memoryMiB: 220 });
  const objects = { bytes: Buffer.from(`[${'[[1],{"a":1}],'.repeat(700_000)}1]`), name: 'a.json', ...sizes };
  for (const hostile of [pdfBomb, objects]) {
    const [failed, other] = await Promise.allSettled([parser.parse(hostile), parser.parse(small('Fine.'))]);
    assert.equal(failed.status === 'rejected' && failed.reason.message, 'The document needs too much memory to read.');
    assert.equal(failed.status === 'rejected' && failed.reason.code, 'BAD_DOCUMENT');
    assert.equal(other.status, 'fulfilled');
  }
});

test('a PDF whose pages have fonts of their own needs no memory for all of them at once', async (t) => {
  const { parser } = await open(t, { memoryMiB: 512 });
  const system = '/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >>';
  const descriptor = '/FontDescriptor << /Type /FontDescriptor /FontName /Song /Flags 4 >>';
  const inner = `<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Song ${system} ${descriptor} /DW 1000 >>`;
  const font = `<< /Type /Font /Subtype /Type0 /BaseFont /Song /Encoding /GBK-EUC-H /DescendantFonts [${inner}] >>`;
  const page = [{ text: Buffer.from('bacfcdac', 'hex').toString('latin1'), y: 700 }];
  const bytes = makePdf(Array(160).fill(page), { font: Array(160).fill(font) });
  assert.match((await parser.parse({ bytes, name: 'a.pdf', ...sizes })).loaded.text, /合同/);
});

test('a process that is killed while it reads is replaced, and its documents are read all the same', async (t) => {
  const { parser, children, nextChild } = await open(t);
  await parser.parse(small('One.'));
  children[0]?.kill('SIGKILL');
  assert.equal((await parser.parse(small('Two.'))).loaded.text, 'Two.');
  const reading = Promise.all([parser.parse(large), parser.parse(small('Three.'))]);
  const replacement = nextChild();
  children.at(-1)?.kill('SIGKILL');
  await replacement;
  assert.equal((await reading)[1].loaded.text, 'Three.');
});

test('a document whose reading two processes die of is refused, and the next one is read', async (t) => {
  const { parser, nextChild } = await open(t);
  const first = nextChild();
  const reading = parser.parse(large);
  const next = parser.parse(small('Next.'));
  for (let child = await first, round = 0; round < 2; round++) {
    await once(child, 'message');
    const replacement = nextChild();
    child.kill('SIGKILL');
    child = await replacement;
  }
  await assert.rejects(reading, { code: 'BAD_DOCUMENT', message: /ended the process/ });
  assert.equal((await next).loaded.text, 'Next.');
});

test('aborting rejects at once, whether the document is being read or still queued, and ends its reading', async (t) => {
  const { parser, children } = await open(t);
  const reading = new AbortController();
  const queued = new AbortController();
  const reason = new Error('gone');
  const first = parser.parse(large, { signal: reading.signal });
  const second = parser.parse(large, { signal: queued.signal });
  const third = parser.parse(small('Three.'));
  queued.abort(reason);
  await assert.rejects(second, reason);
  reading.abort(reason);
  await assert.rejects(first, reason);
  assert.equal((await third).loaded.text, 'Three.');
  assert.equal(children.length, 2);
  await assert.rejects(parser.parse(small('Four.'), { signal: AbortSignal.abort(reason) }), reason);
});

test('closing ends the processes and rejects what they had not finished', async (t) => {
  const { parser, children } = await open(t);
  const stopped = ['One.', 'Two.'].map((text) => assert.rejects(parser.parse(small(text)), { code: 'NOT_READY' }));
  await parser.close();
  await Promise.all(stopped);
  assert.ok(children.every(({ signalCode, exitCode }) => signalCode !== null || exitCode !== null));
  await assert.rejects(parser.parse(small('Three.')), { code: 'NOT_READY' });
});

test('a parser process inherits none of the environment variables', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const { parser, children } = await open(t);
  await parser.parse(small('One.'));
  const names = readFileSync(`/proc/${children[0]?.pid}/environ`, 'utf8')
    .split('\0')
    .map((entry) => entry.split('=')[0]);
  assert.deepEqual(
    names.filter((name) => name !== '' && !name?.startsWith('NODE_CHANNEL')),
    [],
  );
});

test('a parser process ends with its parent even when busy, and ignores signals meant for the parent', async () => {
  const script = `
    import { subscribe } from 'node:diagnostics_channel';
    import { startParser } from ${JSON.stringify(new URL('../../src/ingest/parser.ts', import.meta.url).href)};
    subscribe('child_process', ({ process: child }) => child.once('message', () => console.log(child.pid)));
    const parser = await startParser({ processes: 1 });
    const text = 'id,name\\n' + '1,Some words here\\n'.repeat(200_000);
    await parser.parse({ text, format: 'csv', chunkSizeTokens: 60, chunkOverlapTokens: 12 });
    console.log('read');
    await parser.parse({ text, format: 'csv', chunkSizeTokens: 60, chunkOverlapTokens: 12 });`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(parent, 'exit');
  const lines = parent.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
  const pid = Number((await lines.next()).value);
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.kill(pid, signal);
  assert.equal((await lines.next()).value, 'read\n');
  parent.kill('SIGKILL');
  await exited;
  while (isAlive(pid)) await new Promise(setImmediate);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // In a container without an init process that collects orphans, they stay as zombies.
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false; // also where it ended between the two looks
  }
}

test('headings are in memory once, however many sentences stand under them', async (t) => {
  const { parser } = await open(t);
  const above = [1, 2, 3, 4, 5].map((level) => `${'#'.repeat(level)} ${'alder '.repeat(45)}\n\n`).join('');
  const text = above + '###### b\nc.\n'.repeat(15_000);
  setFlagsFromString('--expose-gc');
  const inUse = (): number => {
    runInNewContext('gc')();
    return process.memoryUsage().heapUsed;
  };
  const before = inUse();
  const { passages } = await parser.parse({ text, format: 'markdown', ...sizes });
  const grown = inUse() - before;
  assert.ok(grown < 12_000_000, `${grown} bytes`);
  assert.equal(passages.at(-1)!.windows.at(-1)!.headingPath.length, 6);
});
