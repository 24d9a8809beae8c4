import { spawn, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { weaviateBinary } from '../../scripts/weaviate.mjs';
import type { Test } from './temporary-folder.ts';
import type { NodesReply, NodesRequest } from './weaviate-nodes.ts';

const alone = ['--net', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])];

function whyNot(): string | false {
  if (!existsSync(weaviateBinary)) return 'Weaviate is not built; node scripts/weaviate.mjs builds it';
  if (spawnSync('unshare', [...alone, 'ip', 'link', 'set', 'lo', 'up']).status !== 0)
    return 'no network namespace can be made here, which Weaviate is to be alone in';
  return false;
}

/** Why tests on a real Weaviate are skipped; false where there is one. Where they are meant to run, that is a failure. */
export const noWeaviate = whyNot();
if (noWeaviate && process.env.CI === 'true') throw new Error(noWeaviate);

/**
 * A real Weaviate of one node or several, which keep everything on each, in a network namespace of their own; it ends with the
 * test. Each node is reached by a port on loopback.
 * @param options.apiKey the one key that they take; by default they are open to all
 */
export async function startWeaviateNodes(test: Test, count = 1, { apiKey }: { apiKey?: string } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-test-'));
  const program = fileURLToPath(new URL('./weaviate-nodes.ts', import.meta.url));
  const inside = spawn(
    'unshare',
    [...alone, process.execPath, program, weaviateBinary, folder, String(count), ...(apiKey ? [apiKey] : [])],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  const exited = once(inside, 'exit');
  test.after(async () => {
    if (inside.connected) inside.disconnect();
    await exited;
    await rm(folder, { recursive: true, force: true });
  });
  const replies = new EventEmitter();
  inside.on('message', (reply: NodesReply) => replies.emit('done' in reply ? JSON.stringify(reply.done) : 'listening'));
  inside.once('exit', () => replies.emit('error', new Error('the nodes ended')));
  replies.on('error', () => {});

  async function order(request: NodesRequest) {
    const done = once(replies, JSON.stringify(request));
    inside.send(request);
    await done;
  }

  /** A port on loopback that leads to a node's socket. */
  async function openPort(node: number): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (outer) => {
      const inner = connect(join(folder, `node-${node}.sock`));
      outer.pipe(inner).pipe(outer);
      for (const [one, other] of [
        [outer, inner],
        [inner, outer],
      ] as const) {
        sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      }
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    test.after(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  await once(replies, 'listening');
  const nodes = Array.from({ length: count }, (_, node) => node);
  const endpoints = await Promise.all(nodes.map(openPort));
  await Promise.all(nodes.map((node) => order({ do: 'start', node })));
  return {
    endpoints,
    folder,
    /** Ends a node without warning. */
    kill: (node = 0) => order({ do: 'kill', node }),
    /** Starts a node over what it has kept; resolves when it says that it is ready. */
    start: (node = 0) => order({ do: 'start', node }),
    /** Starts a node so that it finds none of the others, nor they it. */
    startAlone: (node = 0) => order({ do: 'startAlone', node }),
    /** Has a node hang, and go on. */
    hold: (node = 0) => order({ do: 'hold', node }),
    release: (node = 0) => order({ do: 'release', node }),
  };
}
