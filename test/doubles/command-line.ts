import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** The command line as a person starts it, with these settings and no others; resolves when it has ended. */
export async function runCommand(args: string[], settings: Record<string, string>) {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [`${project}/src/cli.ts`, ...args], {
    cwd: project,
    env: { PATH, HOME, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = async (stream: Readable) => (await stream.setEncoding('utf8').toArray()).join('');
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code: code as number };
}
