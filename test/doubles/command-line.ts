import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Test } from './temporary-folder.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Starts the command line, or another entry file, as a person does, with these settings and no others. */
export function startCommand(
  args: string[],
  settings: Record<string, string>,
  entry = 'src/cli.ts',
  stdin: 'ignore' | 'pipe' = 'ignore',
  { stdout = 'pipe', stderr = 'pipe' }: { stdout?: 'pipe' | number; stderr?: 'pipe' | number } = {},
): ChildProcess {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [`${project}/${entry}`, ...args], {
    cwd: project,
    env: { PATH, HOME, ...settings },
    stdio: [stdin, stdout, stderr],
  });
}

/** Starts the service as a process of its own, on a free port; resolves when it says that it listens. It ends with the test. */
export async function startServing(test: Test, settings: Record<string, string>, args: string[] = []) {
  const child = startCommand(['serve', ...args], { PORT: '0', ...settings });
  const exit = once(child, 'exit');
  test.after(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  let told = '';
  let logged = '';
  child.stdout!.setEncoding('utf8').on('data', (text) => {
    logged += text;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr!.setEncoding('utf8').on('data', (text) => {
      told += text;
      const address = /listens on (http:\S+)/.exec(told)?.[1];
      if (address && /curl/.test(told)) resolve(address);
    });
    child.once('exit', () => reject(new Error(`it ended:\n${told}`)));
  });
  return { url, child, exit, told: () => told, logged: () => logged };
}

/** Runs the command line to its end, with these lines on stdin where there are any. */
export async function runCommand(args: string[], settings: Record<string, string>, entry?: string, stdin?: string) {
  const child = startCommand(args, settings, entry, stdin === undefined ? 'ignore' : 'pipe');
  child.stdin?.end(stdin);
  const text = async (stream: Readable) => (await stream.setEncoding('utf8').toArray()).join('');
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit')]);
  return { stdout, stderr, code: code as number };
}

/** Why nothing can be run on a terminal here, or false; CI has what it takes. */
export const noTerminal =
  !process.env.CI && spawnSync('script', ['--version']).status !== 0 && 'script of util-linux is not installed';

/** Starts the command line on a terminal of its own, so many characters wide; what is typed and shown goes through it as characters. */
export function startOnTerminal(args: string[], settings: Record<string, string>, columns = 80) {
  const { PATH, HOME } = process.env;
  const quoted = [process.execPath, `${project}/src/cli.ts`, ...args].map(
    (each) => `'${each.replaceAll("'", "'\\''")}'`,
  );
  const command = `stty cols ${columns} && exec ${quoted.join(' ')}`;
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    cwd: project,
    env: { PATH, HOME, SHELL: '/bin/sh', TERM: 'xterm-256color', ...settings },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'close').then(([code]) => code as number);
  let shown = '';
  let read = 0;
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text) => {
    shown += text;
    for (const look of waiting) look();
  });
  return {
    exit,
    pid: child.pid!,
    shown: () => shown,
    type: (keys: string) => void child.stdin.write(keys),
    /** Resolves when this has been shown after what was waited for before; rejects where the command ends without it. */
    async waitFor(text: string | RegExp) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = () => {
        const rest = shown.slice(read);
        const at = rest.search(typeof text === 'string' ? RegExp.escape(text) : text);
        if (at < 0) return;
        read += at + 1;
        resolve();
      };
      waiting.add(look);
      child.stdout.once('end', () => reject(new Error(`it ended without ${text}:\n${shown}`)));
      look();
      await promise.finally(() => waiting.delete(look));
    },
    /** Ends the command, whatever it does. */
    async stop() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
