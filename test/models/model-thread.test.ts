import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openModelThread } from '../../src/models/model-thread.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

const file = new URL('../doubles/counting-thread.ts', import.meta.url);

async function openThread(t: Test) {
  const diary = join(await temporaryFolder(t), 'diary');
  writeFileSync(diary, '');
  const thread = await openModelThread<string, string>(file, { diary });
  t.after(thread.close);
  return { ...thread, begun: () => readFileSync(diary, 'utf8').split('\n').slice(0, -1) };
}

test('a thread computes one input after another, urgent ones first', async (t) => {
  const { compute, begun } = await openThread(t);
  const outputs = await Promise.all([
    compute('1'),
    compute('2'),
    compute('3'),
    compute('urgent 1', { urgent: true }),
    compute('urgent 2', { urgent: true }),
  ]);
  assert.deepEqual(outputs, ['1', '2', '3', 'urgent 1', 'urgent 2']);
  assert.deepEqual(begun(), ['1', 'urgent 1', 'urgent 2', '2', '3']);
});

test('other inputs get their turn among urgent ones that never stop coming', async (t) => {
  const { compute, begun } = await openThread(t);
  await Promise.all([
    compute('first'),
    compute('other'),
    ...Array.from({ length: 40 }, (_, at) => compute(`urgent ${at}`, { urgent: true })),
  ]);
  const place = begun().indexOf('other');
  assert.ok(place > 8 && place < 30, `${place}`);
});

test('an input whose caller has left before its turn is skipped', async (t) => {
  const { compute, begun } = await openThread(t);
  const leaving = new AbortController();
  const { signal } = leaving;
  const calls = [compute('1'), compute('2', { signal }), compute('3', { signal, urgent: true }), compute('4')];
  const reason = new Error('left');
  leaving.abort(reason);
  const settled = await Promise.allSettled([...calls, compute('5', { signal })]);
  const left = { status: 'rejected', reason };
  assert.deepEqual(settled, [
    { status: 'fulfilled', value: '1' },
    left,
    left,
    { status: 'fulfilled', value: '4' },
    left,
  ]);
  assert.deepEqual(begun(), ['1', '4']);
});

test('a caller that leaves while its input is computed is released at once, and the thread goes on', async (t) => {
  const { compute, begun } = await openThread(t);
  const leaving = new AbortController();
  const call = compute('1', { signal: leaving.signal });
  leaving.abort(new Error('left'));
  await assert.rejects(call, /left/);
  assert.equal(await compute('2'), '2');
  assert.deepEqual(begun(), ['1', '2']);
});

test('an input at which the model fails does not affect the others', async (t) => {
  const { compute } = await openThread(t);
  const [failed, other] = await Promise.allSettled([compute('throw'), compute('1')]);
  assert.match(String((failed as PromiseRejectedResult).reason), /thrown as told/);
  assert.deepEqual(other, { status: 'fulfilled', value: '1' });
});

test('when a thread ends, those who wait get an error, and the next input starts it again', async (t) => {
  const { compute } = await openThread(t);
  for (const settled of await Promise.allSettled([compute('end'), compute('1'), compute('2', { urgent: true })]))
    assert.equal((settled as PromiseRejectedResult).reason?.code, 'MODEL_UNAVAILABLE');
  assert.deepEqual(await Promise.all([compute('3'), compute('4')]), ['3', '4']);
});

test('a model that cannot be loaded is reported with its cause; a closed one refuses inputs', async (t) => {
  await assert.rejects(openModelThread(file, { diary: '', broken: true }), /no such model/);
  const { compute, close } = await openThread(t);
  const call = assert.rejects(compute('hang'), { code: 'MODEL_UNAVAILABLE' });
  await Promise.all([close(), call]);
  await assert.rejects(compute('2'), { code: 'NOT_READY' });
});

test('a busy thread keeps its process alive, and an idle one lets it end', async (t) => {
  const diary = join(await temporaryFolder(t), 'diary');
  const program = `
    import { openModelThread } from ${JSON.stringify(new URL('../../src/models/model-thread.ts', import.meta.url))};
    const { compute } = await openModelThread(new URL(${JSON.stringify(file)}), ${JSON.stringify({ diary })});
    console.log(await compute('one'), await compute('two'));`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  assert.equal((await run).stdout, 'one two\n');
});
