import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../src/errors.ts';
import { isLastingDamage, translateStoreError } from '../../src/knowledge/database.ts';

test('each failure of SQLite or of the disk becomes the one that says what to do', () => {
  for (const [code, message, ...failures] of [
    ['NOT_READY', /in use by another/, { errcode: 5 }, { errcode: 6 }, { errcode: 261 }],
    ['STORAGE_FULL', /disk .* is full/, { errcode: 13 }, { errcode: 778 }, { errcode: 4874 }, { code: 'ENOSPC' }],
    ['NOT_READY', /can't be written/, { errcode: 8 }, { errcode: 14 }, { code: 'ENOENT', syscall: 'mkdir' }],
    ['NOT_READY', /can't be written/, { code: 'EACCES' }, { code: 'EROFS' }, { code: 'EEXIST' }],
    ['NOT_READY', /can't be written/, { code: 'ENOTDIR' }, { code: 'EPERM' }, { code: 'ELOOP' }],
    ['NOT_READY', /can't be written/, { code: 'ENAMETOOLONG' }],
    ['NOT_READY', /set TMPDIR/, { errcode: 6410 }],
    ['NOT_READY', /^asks\.db .* is damaged/, { errcode: 11 }, { errcode: 26 }, { errcode: 267 }, { errcode: 266 }],
    ['INTERNAL', /The store failed/, { errcode: 1 }, { errcode: 10 }, { code: 'ENOENT', syscall: 'open' }, {}],
  ] as const)
    for (const failure of failures) {
      const error = Object.assign(new Error('canary'), failure);
      const translated = translateStoreError(error, 'asks.db');
      assert.deepEqual([translated.code, translated.cause], [code, error], JSON.stringify(failure));
      assert.match(translated.message, message, JSON.stringify(failure));
      assert.equal(translateStoreError(translated), translated);
    }
});

test('a file is given up for damage that lasts, and not because the disk fails to read it', () => {
  for (const [errcode, isLasting] of [
    [11, true],
    [26, true],
    [267, true],
    [266, false],
    [13, false],
    [undefined, false],
  ] as const) {
    const error = Object.assign(new Error('x'), { errcode });
    assert.equal(isLastingDamage(error), isLasting, String(errcode));
    assert.equal(isLastingDamage(new AppError('NOT_READY', 'x', { cause: error })), isLasting, String(errcode));
  }
});
