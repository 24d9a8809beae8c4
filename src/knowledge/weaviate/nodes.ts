import { Pool } from 'undici';
import { AppError } from '../../errors.ts';

/** Where the engine is: one address for each of its nodes, any of which can be asked. */
export type EngineAddress = { endpoints: string[]; apiKey?: string | undefined };

export type Reply = { status: number; text: string };
export type Call = { method: string; path: string; body?: string | undefined; timeoutMs?: number };

/** How long a node may take to be connected to, to say that it is ready, and to carry out a call, in milliseconds. */
const connectMs = 2_000;
const readyMs = 2_000;
const callMs = 10_000;
/** How often nodes are looked at that were away. */
const lookEveryMs = 1_000;

const readyPath = '/v1/.well-known/ready';

export type Node = {
  pool: Pool;
  root: string;
  /** When it failed or hung up last, and whether it has said since that it is ready. */
  lostAt: number;
  ready: boolean;
  /** While it is being asked. */
  asking: Promise<void> | null;
  /** Whether it has all that the others have; one that was away lacks what was written meanwhile. */
  proven: boolean;
};

export const unreachable = (cause?: unknown) => new AppError('NOT_READY', 'Weaviate does not reply.', { cause });

/**
 * The nodes of the engine. Calls go to one that has replied and has everything, as long as it does; instances begin with different
 * ones. A node that fails, or hangs up, comes back into use when it is ready and has been compared with another.
 */
export function openNodes({ endpoints, apiKey }: EngineAddress) {
  const headers = {
    'content-type': 'application/json',
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
  };
  const closing = new AbortController();
  const nodes = endpoints.map((endpoint): Node => {
    const { origin, pathname } = new URL(endpoint);
    const options = { connections: 64, pipelining: 1, headersTimeout: callMs, bodyTimeout: callMs };
    const pool = new Pool(origin, { ...options, connect: { timeout: connectMs } });
    const node = { pool, root: pathname.replace(/\/+$/, ''), lostAt: 0, ready: false, asking: null, proven: false };
    // A connection that was idle for too long ends by itself; another may have ended with its node.
    pool.on('disconnect', (_origin, _targets, { code }) => {
      if (code !== 'UND_ERR_INFO') suspect(node);
    });
    return node;
  });
  let preferred = Math.floor(Math.random() * nodes.length);
  let looking: NodeJS.Timeout | undefined;

  function suspect(node: Node) {
    node.lostAt = performance.now();
    node.ready = false;
    node.proven = false;
    if (nodes[preferred] === node) preferred = (preferred + 1) % nodes.length;
  }

  async function send(node: Node, { method, path, body, timeoutMs = callMs }: Call): Promise<Reply> {
    const response = await node.pool.request({
      method: method as 'GET',
      path: node.root + path,
      headers,
      ...(body !== undefined && { body }),
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
    });
    return { status: response.statusCode, text: await response.body.text() };
  }

  /**
   * A node that starts replies before it knows all its tenants and objects, as if they weren't there, unless it is asked whether it
   * is ready. Whoever comes while it is being asked waits for what it says.
   */
  async function needReady(node: Node, askAgain = false) {
    if (node.ready && !askAgain) return;
    node.asking ??= askWhetherReady(node).finally(() => {
      node.asking = null;
    });
    await node.asking;
  }

  async function askWhetherReady(node: Node) {
    const { lostAt } = node;
    const { status } = await send(node, { method: 'GET', path: readyPath, timeoutMs: readyMs });
    node.ready = status === 200 && node.lostAt === lostAt; // lost meanwhile, another may have taken its place
    if (!node.ready) throw unreachable();
  }

  async function ask(node: Node, call: Call): Promise<Reply> {
    await needReady(node);
    return send(node, call);
  }

  return {
    count: nodes.length,
    ask,
    suspect,
    get closed() {
      return closing.signal.aborted;
    },

    /** The node to ask: one that has everything, if there is one, else the one that has had most time to catch up. */
    choose(): Node {
      const inTurn = [...nodes.slice(preferred), ...nodes.slice(0, preferred)];
      return inTurn.find(({ proven }) => proven) ?? inTurn.sort((one, other) => one.lostAt - other.lostAt)[0]!;
    },

    /**
     * Finds out again and again which nodes have everything: those that have as much as another node. They are asked so often that a
     * connection to each stays open, whose end tells that a node was lost that nobody has called.
     */
    watch(hasAsMuch: (node: Node, other: Node) => Promise<boolean>) {
      async function look() {
        await Promise.all(nodes.map((node) => needReady(node, true).catch(() => suspect(node))));
        for (const node of nodes.filter(({ proven }) => !proven))
          for (const other of nodes.filter((each) => each !== node)) {
            if (closing.signal.aborted) return;
            const began = performance.now();
            const same = await hasAsMuch(node, other).catch(() => false);
            if (!same || Math.max(node.lostAt, other.lostAt) > began) continue;
            node.proven = true;
            break;
          }
        looking = setTimeout(look, lookEveryMs).unref();
      }
      if (nodes.length > 1) void look();
    },

    async close() {
      closing.abort();
      clearTimeout(looking);
      await Promise.all(nodes.map(({ pool }) => pool.destroy().catch(() => {})));
    },
  };
}

export type Nodes = ReturnType<typeof openNodes>;
