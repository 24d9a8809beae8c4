import { connect } from 'node:net';
import { askBody } from './questions.ts';

/** The readers of streams, in a process of their own. Tells its parent when the warm-up is over, and in the end what was read. */
const [port, readers, tokensOfAnswer, seconds, warmSeconds] = process.argv.slice(2).map(Number);
const begin = performance.now() + warmSeconds! * 1000;
const end = begin + seconds! * 1000;
const token = Buffer.from('event: token');
const done = Buffer.from('event: done');
const firstTokens: number[] = [];
let tokens = 0;
let broken = 0;
let next = 0;

function occurrences(piece: Buffer, of: Buffer): number {
  let found = 0;
  for (let at = piece.indexOf(of); at >= 0; at = piece.indexOf(of, at + of.length)) found += 1;
  return found;
}

/** A piece may end within an event: its last line is looked at again together with the next piece. */
const reader = () =>
  new Promise<void>((resolve, reject) => {
    const socket = connect({ port: port!, host: '127.0.0.1', noDelay: true });
    let asked = 0;
    let read = 0;
    let isDone = false;
    let rest: Buffer = Buffer.alloc(0);
    const ask = () => {
      const body = JSON.stringify({ ...JSON.parse(askBody(next++)), stream: true });
      asked = performance.now();
      [read, isDone, rest] = [0, false, Buffer.alloc(0)];
      const fields = `host: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
      socket.write(`POST /ask HTTP/1.1\r\n${fields}\r\n\r\n${body}`);
    };
    socket.once('error', reject);
    socket.once('connect', ask);
    socket.on('data', (piece: Buffer) => {
      const now = performance.now();
      const bytes = Buffer.concat([rest, piece]);
      const last = bytes.lastIndexOf('\n') + 1;
      rest = bytes.subarray(last);
      const whole = bytes.subarray(0, last);
      const found = occurrences(whole, token);
      if (read === 0 && found > 0 && asked >= begin) firstTokens.push(now - asked);
      read += found;
      if (now >= begin && now < end) tokens += found;
      isDone ||= whole.includes(done);
      if (!bytes.subarray(-7).equals(Buffer.from('\r\n0\r\n\r\n'))) return;
      if (!isDone || read !== tokensOfAnswer) broken += 1;
      if (now < end) return ask();
      socket.end();
      resolve();
    });
  });

setTimeout(() => process.send!({ warm: true }), warmSeconds! * 1000);
await Promise.all(Array.from({ length: readers! }, reader));
firstTokens.sort((one, other) => one - other);
const firstTokenMs = firstTokens[Math.floor(firstTokens.length / 2)] ?? 0;
process.send!({ tokens, perSecond: tokens / seconds!, firstTokenMs, broken });
process.disconnect!();
