import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startCommand } from '../doubles/command-line.ts';
import { freePort } from '../doubles/free-port.ts';
import { noHaproxy, startProxy } from '../doubles/haproxy.ts';
import { noRedis, startRedis } from '../doubles/redis.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';
import { untilOk } from '../doubles/until-ok.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Why no cluster can be started here, or false. */
export const noCluster = noWeaviate || noRedis || noHaproxy;

/** A process that is started again over what it had; `kill` ends it without warning. */
export type Member = { start(): Promise<void>; kill(): Promise<void> };

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** A replica of Assay as a process of its own, at a port that stays. */
async function createReplica(test: Test, settings: Record<string, string>): Promise<Member & { url: string }> {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const DATA_DIR = await temporaryFolder(test);
  let child: ChildProcess | undefined;
  test.after(() => end(child, 'SIGTERM'));
  return {
    url,
    async start() {
      child = startCommand(['serve'], { DATA_DIR, PORT: port, LOG_LEVEL: 'error', ...settings });
      child.stdout!.resume();
      child.stderr!.resume();
      await untilOk(`${url}/health/ready`);
    },
    kill: () => end(child, 'SIGKILL'),
  };
}

/** A model server in a process of its own, which finds every answer right. */
async function startModels(test: Test): Promise<string> {
  const child = fork(at('../soak/upstream.ts'));
  test.after(() => end(child, 'SIGTERM'));
  const [baseUrl] = await once(child, 'message');
  return baseUrl as string;
}

export type Cluster = Awaited<ReturnType<typeof startCluster>>;

/**
 * Real nodes of Weaviate, a real Redis, replicas of Assay as processes of their own, and HAProxy before them as `deploy/haproxy.cfg`
 * has it. All of it ends with the test.
 */
export async function startCluster(test: Test, options: { nodes?: number; replicas?: number } = {}) {
  const { nodes: count = 3, replicas: replicaCount = 2 } = options;
  const [nodes, redis, models] = await Promise.all([
    startWeaviateNodes(test, count),
    startRedis(test),
    startModels(test),
  ]);
  const settings = {
    WEAVIATE_URL: nodes.endpoints.join(),
    REDIS_URL: redis.url,
    OPENAI_BASE_URL: models,
    OPENAI_API_KEY: 'cluster-key',
    CHUNK_SIZE_TOKENS: '32',
    CHUNK_OVERLAP_TOKENS: '0',
    RATE_LIMIT_PER_MINUTE: '1000000',
    TOKENS_PER_DAY: '1000000000',
  };
  const replicas: Awaited<ReturnType<typeof createReplica>>[] = [];
  for (let made = 0; made < replicaCount; made += 1) {
    const replica = await createReplica(test, settings);
    await replica.start();
    replicas.push(replica);
  }
  return {
    url: await startProxy(test, replicas),
    replicas,
    redis,
    nodes: Array.from(
      { length: count },
      (_, node): Member => ({
        start: () => nodes.start(node),
        kill: () => nodes.kill(node),
      }),
    ),
    /** The number of the node that leads the others. */
    async leader(): Promise<number> {
      for (const endpoint of nodes.endpoints) {
        const reply = await fetch(`${endpoint}/v1/cluster/statistics`).catch(() => null);
        const { statistics = [] } = reply?.ok ? ((await reply.json()) as { statistics?: { leaderId?: string }[] }) : {};
        const [, number] = /^node-(\d+)$/.exec(String(statistics[0]?.leaderId)) ?? [];
        if (number !== undefined) return Number(number);
      }
      throw new Error('no node says who leads');
    },
  };
}
