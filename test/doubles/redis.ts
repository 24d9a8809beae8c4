import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { holdProcess } from './hold-process.ts';
import { type Test, temporaryFolder } from './temporary-folder.ts';

/** Why tests on a real Redis are skipped; false where there is one. Where they are meant to run, that is a failure. */
export const noRedis =
  spawnSync('redis-server', ['--version']).status !== 0 &&
  'Redis is not installed; Debian has it in the package redis-server';
if (noRedis && process.env.CI === 'true') throw new Error(noRedis);

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * A real Redis on loopback that keeps nothing on the disk; it ends with the test.
 * @param options.settings its own settings, by their names
 */
export async function startRedis(
  test: Test,
  { password, settings: more = {} }: { password?: string; settings?: Record<string, string> } = {},
) {
  const folder = await temporaryFolder(test);
  const port = await freePort();
  let server: ChildProcess | undefined;

  /** Starts it, with nothing in it; resolves when it takes connections. */
  async function start() {
    const settings = {
      [more['tls-cert-file'] ? 'tls-port' : 'port']: port,
      bind: '127.0.0.1',
      dir: folder,
      save: '',
      appendonly: 'no',
      requirepass: password ?? '',
    };
    const args = Object.entries({ ...settings, ...more }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    server = spawn('redis-server', args, { stdio: 'ignore' });
    while (!(await isListening(port))) {
      if (server.exitCode !== null) throw new Error('redis-server ended');
      await delay(20);
    }
  }
  /** Ends it without warning. */
  async function kill() {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }
  test.after(kill);
  await start();
  return {
    url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
    port,
    folder,
    start,
    kill,
    /** Has it hang, and go on. */
    hold: () => holdProcess(server!.pid!),
    release: () => server!.kill('SIGCONT'),
  };
}
