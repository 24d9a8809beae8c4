import { type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';

/** A proxy that leads to `https` addresses, and the hosts that are reached without it, as `NO_PROXY` names them. */
export type ProxySetting = { url: string; except: string };

/**
 * Connections to a server: direct ones, or through a proxy, which passes on what it can't read (RFC 9110, 9.3.6). Servers that speak
 * plain HTTP are near, and reached directly.
 * @returns `stats`: how many calls are under way, and how many wait for a connection
 */
export function openConnections(
  { origin, protocol }: URL,
  proxy: ProxySetting | undefined,
  options: Pool.Options,
): { dispatcher: Dispatcher; stats: () => { running: number; queued: number } } {
  if (!proxy || protocol !== 'https:') {
    const pool = new Pool(origin, options);
    return { dispatcher: pool, stats: () => ({ running: pool.stats.running, queued: pool.stats.queued }) };
  }
  let pool: Pool | undefined; // made at the first call
  const dispatcher = new EnvHttpProxyAgent({
    ...options,
    httpProxy: '', // or undici would look into the environment
    httpsProxy: proxy.url,
    noProxy: proxy.except,
    factory: (to, own) => {
      pool = new Pool(to, own);
      return pool;
    },
  });
  return { dispatcher, stats: () => ({ running: pool?.stats.running ?? 0, queued: pool?.stats.queued ?? 0 }) };
}
