import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { backUpStore } from '../../src/knowledge/backup.ts';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { restoreStore } from '../../src/knowledge/restore.ts';
import { holdProcess } from '../doubles/hold-process.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';
import { fillWith, mountSmallDisk } from '../torture/full-disk.ts';
import { type HostFault, hostFaults, tables } from './expected.ts';
import { jobsDone, outcomeOf, prepareCalls, type Subject, startSubject } from './subject.ts';

/** The host's process id, once there is a host: a call that needs none may end before the next host is there. */
async function hostPid({ parts }: Subject): Promise<number> {
  for (;;) {
    const pid = parts.knowledge.hostPid();
    if (pid !== undefined) return pid;
    await wait(5);
  }
}

async function killHost(subject: Subject): Promise<void> {
  process.kill(await hostPid(subject), 'SIGKILL');
}

/** Calls every route once: `strike` runs before each call, `amid` while it is under way. */
async function checkRoutes(
  subject: Subject,
  fault: HostFault,
  { strike, amid }: { strike?: () => Promise<void> | void; amid?: () => Promise<void> | void } = {},
) {
  const calls = await prepareCalls(subject);
  for (const [route, run] of Object.entries(calls)) {
    await strike?.();
    const reply = run();
    await amid?.();
    const outcome = await outcomeOf(await reply);
    assert.ok(fault.expected(route).split(' or ').includes(outcome), `${route}: ${outcome}`);
  }
  await jobsDone(subject);
}

/** A service whose data is on a small disk of its own; null where none may be mounted. The disk goes after the service. */
async function startOnSmallDisk(t: Test) {
  const hooks: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const hook of hooks.reverse()) await hook();
  });
  const test: Test = { after: (hook) => void hooks.push(hook) };
  const folder = join(await temporaryFolder(test), 'disk');
  const disk = mountSmallDisk(folder);
  if (!disk) return null;
  test.after(async () => void disk.unmount());
  return { disk, folder, subject: await startSubject(test, { dataDir: join(folder, 'data') }) };
}

test('when the host was killed before a request, a new one serves it', async (t) => {
  const subject = await startSubject(t);
  await checkRoutes(subject, hostFaults.killedBefore, { strike: () => killHost(subject) });
});

test('when the host is killed in the middle of a request, the next one serves it', async (t) => {
  const subject = await startSubject(t);
  const amid = async () => {
    await wait(2);
    const pid = subject.parts.knowledge.hostPid();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  };
  await checkRoutes(subject, hostFaults.killedAmid, { amid });
});

test('a host that is stopped delays requests but not the process; asks end at their deadline', async (t) => {
  const subject = await startSubject(t);
  await checkRoutes(subject, hostFaults.stopped, {
    strike: async () => holdProcess(await hostPid(subject)),
    amid: async () => {
      assert.equal((await subject.call('GET', '/health/live')).status, 200);
      process.kill(await hostPid(subject), 'SIGCONT');
    },
  });
  const hurried = await startSubject(t, { settings: { ASK_TIMEOUT_MS: '500' } });
  await holdProcess(await hostPid(hurried));
  const { status, json } = await hurried.call('POST', '/ask', { question: 'Is it light?' });
  assert.deepEqual([status, json.error.code], [504, 'MODEL_TIMEOUT']);
  process.kill(await hostPid(hurried), 'SIGCONT');
});

test('a damaged index snapshot is rebuilt from the store', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await startSubject(t, { dataDir });
  const embeddingModel = first.parts.about.models.embedding;
  await first.close();
  // The service's own host makes a snapshot after thousands of changes, this one at once.
  const knowledge = await startKnowledge({ dataDir, embeddingModel, tuning: { snapshotEvery: 1 } });
  const folder = join(dataDir, 'index');
  const files = () => (existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : []);
  while (!files().some((file) => basename(file) === 'current')) await wait(10);
  await knowledge.close();
  for (const file of files().filter((each) => basename(each) === 'vectors.faiss')) {
    const bytes = readFileSync(join(folder, file));
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(join(folder, file), bytes);
  }
  await checkRoutes(await startSubject(t, { dataDir }), hostFaults.corruptSnapshot);
});

test('on a full disk writes are refused with the reason and reads go on; once there is room writes work again', async (t) => {
  const started = await startOnSmallDisk(t);
  if (!started) return t.skip('no small disk may be mounted here; test/torture fills files instead');
  const { disk, folder, subject } = started;
  const calls = await prepareCalls(subject);
  await subject.call('GET', '/asks/none'); // asks still to be recorded are written now, not once there is room
  const ballast = join(folder, 'ballast');
  fillWith(ballast);
  for (const [route, run] of Object.entries(calls))
    assert.equal(await outcomeOf(await run()), hostFaults.diskFull.expected(route), route);
  rmSync(ballast);
  disk.grow();
  assert.equal((await subject.add('later.md', 'Now there is room.')).status, 201);
  await jobsDone(subject);
});

test('a host that starts on a read-only disk reports it, and is ready when the disk can be written again', async (t) => {
  const started = await startOnSmallDisk(t);
  if (!started) return t.skip('no small disk may be mounted here; test/torture takes the right away instead');
  const { disk, subject } = started;
  const calls = await prepareCalls(subject);
  const { dataDir } = subject;
  const backup = join(await temporaryFolder(t), 'backup.assay');
  await backUpStore({ dataDir, file: backup, assayVersion: 'test' });
  await killHost(subject);
  // A disk can't become read-only while a process may still write to it.
  for (let isBusy = true; isBusy; )
    try {
      disk.forbidWriting();
      isBusy = false;
    } catch {
      await wait(5);
    }
  for (const [route, run] of Object.entries(calls))
    assert.equal(await outcomeOf(await run()), hostFaults.readOnly.expected(route), route);
  for (const each of [dataDir, join(dataDir, 'not-there-yet')])
    assert.throws(() => restoreStore({ dataDir: each, file: backup, force: true }), /The data folder can't be written/);
  disk.allowWriting();
  assert.equal((await subject.add('later.md', 'Now it may.')).status, 201);
});

test('docs/faults.md shows the tables of what is expected', () => {
  const page = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8');
  const { upstream, host } = tables();
  assert.ok(page.includes(upstream), `The first table of docs/faults.md should read:\n${upstream}`);
  assert.ok(page.includes(host), `The second table of docs/faults.md should read:\n${host}`);
});
