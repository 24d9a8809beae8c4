import { connect } from 'node:net';
import { askBody } from './questions.ts';
import { readMessages } from './raw-http.ts';

/** What the callers saw: replies a second, latencies in milliseconds, replies that weren't answers, and all replies, warm-up included. */
export type LoadResult = { perSecond: number; p50: number; p99: number; failed: number; replies: number; all: number };

/**
 * Lets callers ask one question after another, each on its own connection, for `seconds` after `warmSeconds` that don't count. Asks under
 * way at the end are waited for and count: a caller's rate is taken from the beginning of its first counted ask to the end of its last,
 * and rates are added up. A fixed window would hold a round of asks more or less where callers run in step, as with models that always
 * take equally long.
 */
export async function load(port: number, callers: number, seconds: number, warmSeconds: number): Promise<LoadResult> {
  const begin = performance.now() + warmSeconds * 1000;
  const end = begin + seconds * 1000;
  const latencies: number[] = [];
  let failed = 0;
  let next = 0;
  let all = 0;
  let perSecond = 0;
  const caller = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      let asked = 0;
      let [first, counted] = [0, 0];
      const ask = () => {
        const body = askBody(next++);
        asked = performance.now();
        const fields = `host: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
        socket.write(`POST /ask HTTP/1.1\r\n${fields}\r\n\r\n${body}`);
      };
      socket.once('error', reject);
      socket.once('connect', ask);
      readMessages(socket, (head, body) => {
        const now = performance.now();
        all += 1;
        if (asked >= begin) {
          latencies.push(now - asked);
          if (counted === 0) first = asked;
          counted += 1;
          if (!head.startsWith('HTTP/1.1 200') || !body.includes('twelve epochs')) failed += 1;
        }
        if (now < end) return ask();
        if (counted > 0) perSecond += (counted * 1000) / (now - first);
        socket.end();
        resolve();
      });
    });
  await Promise.all(Array.from({ length: callers }, caller));
  latencies.sort((one, other) => one - other);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0;
  const replies = latencies.length;
  return { perSecond, p50: at(0.5), p99: at(0.99), failed, replies, all };
}
