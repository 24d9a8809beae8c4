import assert from 'node:assert/strict';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSourceFile } from '../../src/ingest/read-source-file.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

test('a file is read as it is; one of a kind that is not read is refused without looking at it', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a.md'), '# A');
  assert.equal(Buffer.from(await readSourceFile(join(folder, 'a.md'))).toString(), '# A');
  await assert.rejects(readSourceFile(join(folder, 'no such film.mp4')), { code: 'UNSUPPORTED_FORMAT' });
});

test('a file that is too large to be read is refused before it takes memory; one that cannot be read, with the reason', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'large.txt'), '');
  await truncate(join(folder, 'large.txt'), 3 * 2 ** 30);
  const tooLarge = { code: 'TOO_LARGE', message: 'The file is larger than 256 MiB.' };
  await assert.rejects(readSourceFile(join(folder, 'large.txt')), tooLarge);
  await mkdir(join(folder, 'folder.txt'));
  for (const [name, code] of [
    ['gone.txt', 'ENOENT'],
    ['folder.txt', 'EISDIR'],
  ])
    await assert.rejects(readSourceFile(join(folder, name!)), {
      code: 'BAD_INPUT',
      message: `The file can't be read (${code}).`,
    });
});
