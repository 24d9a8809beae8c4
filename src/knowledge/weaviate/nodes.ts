import { Pool } from 'undici';
import { AppError } from '../../errors.ts';

/** Where the engine is: the address of each of its nodes, any of which can be asked. */
export type EngineAddress = { endpoints: string[]; apiKey?: string | undefined };

export type Reply = { status: number; text: string };
export type Call = { method: string; path: string; body?: string | undefined; timeoutMs?: number };

/** How long a connection, a node's reply to whether it is ready, and a call may take, in milliseconds. */
const connectMs = 2_000;
const readyMs = 2_000;
const callMs = 10_000;
/** How often nodes are checked, in milliseconds. */
const lookEveryMs = 1_000;

const readyPath = '/v1/.well-known/ready';

export type Node = {
  pool: Pool;
  root: string;
  /** When it last failed or hung up, by `performance.now()`. */
  lostAt: number;
  /** Whether it has said since that it is ready. */
  ready: boolean;
  /** Set while it is being asked whether it is ready. */
  asking: Promise<void> | null;
  /** Whether it is known to hold all that the others hold; a node that was away lacks what was written meanwhile. */
  proven: boolean;
};

export const unreachable = (cause?: unknown) => new AppError('NOT_READY', 'Weaviate does not reply.', { cause });

/**
 * The engine's nodes. Calls keep going to one that replies and holds everything; each instance begins with a random one. A node that
 * fails or hangs up is used again once it is ready and has been compared with another.
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
    // A connection that was idle for too long is closed by undici; any other end may be the node's.
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
   * Makes sure that a node is ready. While it starts, a node replies as if tenants and objects that it doesn't know yet didn't exist;
   * only the question whether it is ready tells. Callers that come meanwhile wait for the same reply.
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
    node.ready = status === 200 && node.lostAt === lostAt; // if it was lost meanwhile, it may have been restarted
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

    /** The node to ask: one that holds everything, or else the one that has had most time to catch up. */
    choose(): Node {
      const inTurn = [...nodes.slice(preferred), ...nodes.slice(0, preferred)];
      return inTurn.find(({ proven }) => proven) ?? inTurn.sort((one, other) => one.lostAt - other.lostAt)[0]!;
    },

    /**
     * Keeps finding out which nodes hold everything: those that hold as much as another node. They are asked often enough to keep a
     * connection to each open, whose end reveals the loss of a node that nobody called.
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
