import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import type { Test } from './temporary-folder.ts';
import { untilOk } from './until-ok.ts';

/** Why tests on a real HAProxy are skipped; false where there is one. Where they are meant to run, that is a failure. */
export const noHaproxy =
  spawnSync('haproxy', ['-v']).status !== 0 && 'HAProxy is not installed; Debian has it in the package haproxy';
if (noHaproxy && process.env.CI === 'true') throw new Error(noHaproxy);

/**
 * A proxy of `deploy/haproxy.cfg` before one or two replicas; it ends with the test.
 * @param onTold is told what the proxy says, such as that it has given a replica up
 */
export async function startProxy(
  test: Test,
  replicas: { url: string }[],
  onTold: (words: string) => void = () => {},
): Promise<string> {
  const listen = `127.0.0.1:${await freePort()}`;
  const [one, two = one] = replicas.map(({ url }) => new URL(url).host);
  const child = spawn('haproxy', ['-f', fileURLToPath(new URL('../../deploy/haproxy.cfg', import.meta.url))], {
    env: { PATH: process.env.PATH, LISTEN: listen, ASSAY_ONE: one!, ASSAY_TWO: two! },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.setEncoding('utf8').on('data', onTold);
  test.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  });
  await untilOk(`http://${listen}/health/ready`);
  return `http://${listen}`;
}
