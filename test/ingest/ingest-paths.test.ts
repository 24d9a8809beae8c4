import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AppError } from '../../src/errors.ts';
import { type IngestProgress, ingestPaths } from '../../src/ingest/ingest-paths.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

/** A folder with these files, and an ingest of paths below it that returns the sources it was given, sorted. */
async function folderOf(t: TestContext, files: string[]) {
  const folder = await temporaryFolder(t);
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), file);
  }
  const given: string[] = [];
  async function ingest(...paths: string[]) {
    const progress = await ingestPaths({
      paths: paths.map((path) => join(folder, path)),
      async ingestFile(_, source) {
        given.push(source);
        return { id: 'd', source, collection: 'default', passages: 1, unchanged: false, replaced: false };
      },
    });
    return { ...progress, sources: given.splice(0).sort() };
  }
  return { folder, ingest, given };
}

test('two files that would be stored under the same source are refused before anything is stored', async (t) => {
  const { folder, ingest, given } = await folderOf(t, ['a/one.md', 'a/readme.md', 'b/readme.md']);
  const [one, other] = [join(folder, 'a', 'readme.md'), join(folder, 'b', 'readme.md')];
  for (const paths of [
    ['a', 'b'],
    ['a/readme.md', 'b/readme.md'],
    ['a', 'b/readme.md'],
  ])
    await assert.rejects(ingest(...paths), {
      code: 'BAD_INPUT',
      message: `Both ${one} and ${other} would be stored as readme.md. Ingest a folder that holds both, or each into a collection of its own.`,
    });
  assert.deepEqual(given, []);
  assert.deepEqual((await ingest('.')).sources, ['a/one.md', 'a/readme.md', 'b/readme.md']);
});

test('a file that is named by several paths is ingested once', async (t) => {
  const { ingest } = await folderOf(t, ['a/one.md', 'a/two.md']);
  assert.deepEqual((await ingest('a/one.md')).sources, ['one.md']);
  const { sources, files, done } = await ingest('a', 'a/', 'a/../a/one.md');
  assert.deepEqual({ sources, files, done }, { sources: ['one.md', 'two.md'], files: 2, done: 2 });
});

test('symbolic links are followed inside the named folder, as a Kubernetes ConfigMap needs, but never out of it', async (t) => {
  const { folder, ingest } = await folderOf(t, ['in/..2026/one.md', 'in/..2026/sub/two.md', 'in/three.md', 'out.md']);
  const outside = await temporaryFolder(t);
  await writeFile(join(outside, 'secret.md'), 'secret');
  for (const [target, link] of [
    ['..2026', 'in/..data'],
    ['..data/one.md', 'in/one.md'],
    ['..data/sub', 'in/sub'],
    ['../out.md', 'in/to-out.md'],
    [outside, 'in/away'],
    [join(outside, 'secret.md'), 'in/secret.md'],
    ['nowhere.md', 'in/broken.md'],
    ['.', 'in/circle'],
    ['../../..2026', 'in/..2026/sub/again'],
    ['in', 'linked'],
  ] as const)
    await symlink(target, join(folder, link));
  for (const named of ['in', 'linked']) {
    const { sources, files, added, skipped, failed } = await ingest(named);
    assert.deepEqual(sources, ['one.md', 'sub/two.md', 'three.md']);
    assert.deepEqual({ files, added, skipped }, { files: 9, added: 3, skipped: 6 });
    assert.deepEqual(failed.map(({ source }) => source).sort(), [
      'away',
      'broken.md',
      'circle',
      'secret.md',
      'sub/again',
      'to-out.md',
    ]);
  }
});

test('within a linked folder no further one is followed, and what is neither file nor folder is passed over', async (t) => {
  const { folder, ingest } = await folderOf(t, ['a/x/one.md', 'a/y/two.md']);
  await symlink('../y', join(folder, 'a/x/inner'));
  await symlink('x', join(folder, 'a/outer'));
  const pipe = createServer().listen(join(folder, 'a/pipe'));
  t.after(() => pipe.close());
  await once(pipe, 'listening');
  const { sources, files, failed } = await ingest('a');
  assert.deepEqual(sources, ['outer/one.md', 'x/inner/two.md', 'x/one.md', 'y/two.md']);
  assert.deepEqual([files, failed.map(({ source }) => source)], [5, ['outer/inner']]);
});

test('hidden files and node_modules inside a named folder are skipped', async (t) => {
  const { ingest } = await folderOf(t, ['a/one.md', 'a/.git/x.md', 'a/.hidden.md', 'a/node_modules/other/README.md']);
  const { sources, files, skipped } = await ingest('a');
  assert.deepEqual({ sources, files, skipped }, { sources: ['one.md'], files: 1, skipped: 0 });
  assert.deepEqual((await ingest('a/node_modules')).sources, ['other/README.md']);
});

test('a folder that cannot be read, such as lost+found on a mounted disk, is reported and skipped', async (t) => {
  const { folder, ingest } = await folderOf(t, ['a/one.md', 'a/lost+found/x.md', 'a/sub/two.md']);
  const closed = join(folder, 'a/lost+found');
  await chmod(closed, 0);
  // No folder is closed to the superuser.
  const isSuperuser = process.geteuid?.() === 0;
  if (isSuperuser) {
    await chmod(folder, 0o755);
    process.seteuid?.(65_534);
  }
  try {
    const failure = { code: 'BAD_INPUT', message: "The folder can't be read (EACCES)." };
    const { sources, files, added, failed } = await ingest('a');
    assert.deepEqual({ sources, files, added }, { sources: ['one.md', 'sub/two.md'], files: 3, added: 2 });
    assert.deepEqual(failed, [{ source: 'lost+found', ...failure }]);
    assert.deepEqual((await ingest('a/lost+found')).failed, [{ source: 'lost+found', ...failure }]);
  } finally {
    if (isSuperuser) process.seteuid?.(0);
    await chmod(closed, 0o700);
  }
});

/** Ingests files of one folder, each as `ingestFile` says of its name. */
async function outcomeOf(
  t: TestContext,
  files: string[],
  ingestFile: (source: string) => object,
  signal?: AbortSignal,
) {
  const { folder } = await folderOf(t, files);
  const told: IngestProgress[] = [];
  const progress = ingestPaths({
    paths: [folder],
    ingestFile: async (_, source) => ({
      ...{ id: 'd', source, collection: 'default', passages: 1, unchanged: false, replaced: false },
      ...ingestFile(source),
    }),
    onProgress: (progress) => told.push({ ...progress }),
    ...(signal && { signal }),
  });
  return { told, progress };
}

test('the progress counts what became of each file, and says what was wrong with those that were skipped', async (t) => {
  const outcomes: Record<string, () => object> = {
    'added.md': () => ({}),
    'again.md': () => ({ replaced: true }),
    'same.md': () => ({ unchanged: true }),
    'bad.md': () => {
      throw new AppError('BAD_DOCUMENT', 'It is bad.');
    },
    'odd.md': () => {
      throw new Error('not to be repeated');
    },
  };
  const { told, progress } = await outcomeOf(t, Object.keys(outcomes), (source) => outcomes[source]!());
  const { failed, ...counts } = await progress;
  assert.deepEqual(counts, { files: 5, done: 5, added: 1, replaced: 1, unchanged: 1, skipped: 2 });
  assert.deepEqual(
    failed.toSorted((one, other) => (one.source < other.source ? -1 : 1)),
    [
      { source: 'bad.md', code: 'BAD_DOCUMENT', message: 'It is bad.' },
      { source: 'odd.md', code: 'INTERNAL', message: 'it could not be read' },
    ],
  );
  assert.deepEqual(
    told.map(({ files, done }) => [files, done]),
    [0, 1, 2, 3, 4, 5].map((done) => [5, done]),
  );
});

test('of very many files that are skipped, the first thousand are described and all are counted', async (t) => {
  const files = Array.from({ length: 1_002 }, (_, at) => `${at}.md`);
  const { progress } = await outcomeOf(t, files, () => {
    throw new AppError('BAD_DOCUMENT', 'It is bad.');
  });
  const { skipped, failed } = await progress;
  assert.deepEqual([skipped, failed.length], [1_002, 1_000]);
});

test('trouble that every file would meet, and a signal, end an ingest after the files in work', async (t) => {
  const files = Array.from({ length: 40 }, (_, at) => `${at}.md`);
  for (const code of [
    'NOT_READY',
    'STORAGE_FULL',
    'COLLECTION_NOT_FOUND',
    'MODEL_REJECTED',
    'MODEL_UNAVAILABLE',
  ] as const) {
    let given = 0;
    const { progress } = await outcomeOf(t, files, () => {
      given += 1;
      if (given > 1) return {};
      throw new AppError(code, 'It is so for all.');
    });
    await assert.rejects(progress, { code });
    assert.ok(given <= 8, `${given} files were tried`);
  }
  const stopped = new AbortController();
  const { told, progress } = await outcomeOf(
    t,
    files,
    () => {
      stopped.abort(new Error('enough'));
      return {};
    },
    stopped.signal,
  );
  await assert.rejects(progress, { message: 'enough' });
  assert.ok(told.at(-1)!.done <= 4);
  const { ingest } = await folderOf(t, []);
  await assert.rejects(ingest('nowhere'), { code: 'BAD_INPUT', message: /^There is no file or folder .*nowhere\.$/ });
});
