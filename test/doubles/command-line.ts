import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Starts the command line, or another entry file, as a person does, with these settings and no others. */
export function startCommand(
  args: string[],
  settings: Record<string, string>,
  entry = 'src/cli.ts',
  stdin: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [`${project}/${entry}`, ...args], {
    cwd: project,
    env: { PATH, HOME, ...settings },
    stdio: [stdin, 'pipe', 'pipe'],
  });
}

/** Runs the command line to its end. */
export async function runCommand(args: string[], settings: Record<string, string>, entry?: string) {
  const child = startCommand(args, settings, entry);
  const text = async (stream: Readable) => (await stream.setEncoding('utf8').toArray()).join('');
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit')]);
  return { stdout, stderr, code: code as number };
}
