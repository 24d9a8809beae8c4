import assert from 'node:assert/strict';
import { test } from 'node:test';

type Found = { file: File | null; source: string }[];
const module = new URL('../../src/page/dropped-files.js', import.meta.url).href;
const { filesOf } = (await import(module)) as { filesOf: (dropped: object) => Promise<Found> };

const file = (path: string) => ({
  isFile: true,
  name: path.split('/').at(-1),
  fullPath: `/${path}`,
  file: (found: (file: File) => void) => found(new File([path], path)),
});
const unreadable = (path: string) => ({
  isFile: true,
  name: path.split('/').at(-1),
  fullPath: `/${path}`,
  file: (_: unknown, failed: (error: Error) => void) => failed(new Error('NotReadableError')),
});
/** A folder whose entries come in one batch; without any, it can't be read. */
const folder = (path: string, entries?: object[]) => ({
  isFile: false,
  name: path.split('/').at(-1),
  fullPath: `/${path}`,
  createReader: () => {
    const batches = [entries ?? [], []];
    return {
      readEntries: (found: (entries: object[]) => void, failed: (error: Error) => void) =>
        entries ? found(batches.shift()!) : failed(new Error('NotReadableError')),
    };
  },
});
const dropped = (...entries: object[]) => ({
  items: entries.map((entry) => ({ kind: 'file', webkitGetAsEntry: () => entry })),
});

test('what can’t be read in a dropped folder is told of, and keeps nothing else from being read', async () => {
  const found = await filesOf(
    dropped(folder('a', [file('a/b.md'), unreadable('a/c.md'), folder('a/d'), folder('a/e', [file('a/e/f.md')])])),
  );
  assert.deepEqual(
    found.map(({ source, file }) => [source, file !== null]),
    [
      ['a/b.md', true],
      ['a/c.md', false],
      ['a/d', false],
      ['a/e/f.md', true],
    ],
  );
});

test('of a dropped folder, what assay ingest leaves out is left out: hidden files and folders, and node_modules', async () => {
  const hidden = ['.DS_Store', '.git', 'node_modules'].map((name) => folder(`a/${name}`, [file(`a/${name}/x.md`)]));
  const found = await filesOf(dropped(folder('a', [...hidden, file('a/.env'), file('a/b.md')]), file('.notes.md')));
  assert.deepEqual(
    found.map(({ source }) => source),
    ['a/b.md', '.notes.md'],
    'a file that is itself dropped is meant',
  );
});
