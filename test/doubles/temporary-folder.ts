import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The part of a running test that the doubles need: a hook for when it ends. */
export type Test = { after(hook: () => Promise<void>): void };

/** A folder of the test's own, removed when the test ends. */
export async function temporaryFolder(test: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-test-'));
  // Whatever writes into it may end a moment later: hooks run in the order in which they were set.
  test.after(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  return folder;
}
