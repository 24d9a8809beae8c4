import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';

/** Lets the disk fail to read once, as network disks now and then do: when this process next prepares a statement that begins so. */
export function failToRead(t: TestContext, beginning: string) {
  const { prepare } = DatabaseSync.prototype;
  const mocked = t.mock.method(DatabaseSync.prototype, 'prepare', function (this: DatabaseSync, sql: string) {
    if (!sql.startsWith(beginning)) return prepare.call(this, sql);
    mocked.mock.restore();
    throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 266 }); // SQLITE_IOERR_READ
  });
}
