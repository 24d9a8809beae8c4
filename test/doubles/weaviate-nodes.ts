// Runs inside a network namespace that only this process and its children are in: the engine binds some of its ports to every
// interface and can't be told otherwise. Its REST ports are reached from outside by a socket in the folder, one for each node.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { holdProcess } from './hold-process.ts';

export type NodesRequest = { do: 'start' | 'startAlone' | 'kill' | 'hold' | 'release'; node: number };
export type NodesReply = { done: NodesRequest } | { listening: true };

const [binary, folder, count] = [process.argv[2]!, process.argv[3]!, Number(process.argv[4])];
/** The one key that the nodes take; without it they are open to all. */
const apiKey = process.argv[5];
const access = apiKey
  ? {
      AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: 'false',
      AUTHENTICATION_APIKEY_ENABLED: 'true',
      AUTHENTICATION_APIKEY_ALLOWED_KEYS: apiKey,
      AUTHENTICATION_APIKEY_USERS: 'assay',
    }
  : { AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: 'true' };
const nodes: (ChildProcess | undefined)[] = [];
const port = (base: number, node: number) => String(base + 10 * node);
const everyNode = Array.from({ length: count }, (_, node) => node);

/** How often to try to start a node: it ends while it starts if its neighbours come too late. */
const mostStarts = 5;

const start = (node: number) => startUntilReady(node, port(7100, node), everyNode);
/** Starts a node at another gossip address and with nobody to join, so that it and the others do not find each other. */
const startAlone = (node: number) => startUntilReady(node, port(7500, node), []);

async function startUntilReady(node: number, gossipPort: string, joined: number[]) {
  for (let attempt = 1; ; attempt += 1) {
    spawnNode(node, gossipPort, joined);
    if (await isReady(node)) return;
    if (attempt === mostStarts) throw new Error(`node ${node} ended; see its log in ${folder}`);
  }
}

function spawnNode(node: number, gossipPort: string, joined: number[]) {
  const log = openSync(join(folder, `node-${node}.log`), 'a');
  nodes[node] = spawn(binary, ['--scheme', 'http', '--host', '127.0.0.1', '--port', port(8080, node)], {
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH,
      PERSISTENCE_DATA_PATH: join(folder, `node-${node}`),
      ...access,
      DEFAULT_VECTORIZER_MODULE: 'none',
      DISABLE_TELEMETRY: 'true',
      GO_PROFILING_DISABLE: 'true',
      LOG_LEVEL: 'warning',
      GOMEMLIMIT: '1GiB',
      // A single node may use all processors, as by default; several on one machine would be in each other's way.
      ...(count > 1 && { GOMAXPROCS: '1' }),
      CLUSTER_HOSTNAME: `node-${node}`,
      CLUSTER_IN_LOCALHOST: 'true',
      CLUSTER_BIND_ADDR: '127.0.0.1',
      CLUSTER_ADVERTISE_ADDR: '127.0.0.1',
      CLUSTER_GOSSIP_BIND_PORT: gossipPort,
      CLUSTER_DATA_BIND_PORT: port(7101, node),
      RAFT_PORT: port(8300, node),
      RAFT_INTERNAL_RPC_PORT: port(8301, node),
      GRPC_PORT: port(50051, node),
      RAFT_BOOTSTRAP_EXPECT: String(count),
      RAFT_TIMEOUTS_MULTIPLIER: '1',
      RAFT_JOIN: everyNode.map((each) => `node-${each}:${port(8300, each)}`).join(),
      ASYNC_REPLICATION_FREQUENCY: '3s',
      ASYNC_REPLICATION_PROPAGATION_DELAY: '1s',
      // Includes the node itself, as one that finds none of those it is to join ends. A node with nobody to join stays alone.
      CLUSTER_JOIN: joined.map((each) => `127.0.0.1:${port(7100, each)}`).join(),
    },
  });
}

/** Waits until a node says that it is ready; false where it ends before. */
async function isReady(node: number): Promise<boolean> {
  while (nodes[node]?.exitCode === null) {
    const url = `http://127.0.0.1:${port(8080, node)}/v1/.well-known/ready`;
    const ready = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return true;
    await delay(100);
  }
  return false;
}

async function kill(node: number) {
  const child = nodes[node];
  child?.kill('SIGKILL');
  if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

process.once('disconnect', async () => {
  await Promise.all(everyNode.map(kill));
  process.exit();
});

execFileSync('ip', ['link', 'set', 'lo', 'up']);
for (const node of everyNode) {
  const door = createServer((outer) => {
    const inner = connect({ port: Number(port(8080, node)), host: '127.0.0.1', noDelay: true });
    outer.pipe(inner).pipe(outer);
    outer.on('error', () => inner.destroy());
    inner.on('error', () => outer.destroy());
    outer.on('close', () => inner.destroy());
    inner.on('close', () => outer.destroy());
  });
  await once(door.listen(join(folder, `node-${node}.sock`)), 'listening');
}
const hold = (node: number) => holdProcess(nodes[node]!.pid!);
const release = (node: number) => nodes[node]!.kill('SIGCONT');
process.on('message', async (request: NodesRequest) => {
  await { start, startAlone, kill, hold, release }[request.do](request.node);
  process.send!({ done: request } satisfies NodesReply);
});
process.send!({ listening: true } satisfies NodesReply);
