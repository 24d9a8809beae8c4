import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Python with OpenAI's official client. */
export const pythonWithOpenAi = () => pythonWith('openai==3.57.0');

/**
 * A Python with these packages, in a virtual environment that is made once and kept in the user's cache folder.
 * @param packages each with its exact version
 * @returns its interpreter, or why there can be none here: on a machine without Python or without a package registry. With `CI`
 * set there must be one.
 */
export async function pythonWith(...packages: string[]): Promise<{ python: string } | { missing: string }> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'assay-test');
  const venv = join(cache, packages.join('-').replaceAll('==', '-'));
  const python = join(venv, 'bin/python');
  if (existsSync(python)) return { python };
  const making = `${venv}.${process.pid}`;
  try {
    await mkdir(dirname(venv), { recursive: true });
    await run('python3', ['-m', 'venv', making]);
    await run(join(making, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...packages], { timeout: 300_000 });
    // Complete or not there: a test that is broken off leaves no half of it. Nothing is called by a script with its old path.
    await rename(making, venv);
    return { python };
  } catch (error) {
    await rm(making, { recursive: true, force: true }).catch(() => undefined);
    if (existsSync(python)) return { python };
    if (process.env.CI) throw error;
    return {
      missing: `no Python with ${packages.join(' and ')} can be made here: ${String((error as Error).message).split('\n')[0]}`,
    };
  }
}
