import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { askBody } from './questions.ts';

/** The readers of streams, in a process of their own. Tells its parent when the warm-up is over, and at the end of what counts what was read. */
const [port, readers, tokensOfAnswer, seconds, warmSeconds] = process.argv.slice(2).map(Number);
const begin = performance.now() + warmSeconds! * 1000;
const end = begin + seconds! * 1000;
const token = Buffer.from('event: token');
const done = Buffer.from('event: done');
/** How a chunked reply ends. */
const lastChunk = '\r\n0\r\n\r\n';
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
    let tail = '';
    const ask = () => {
      const body = JSON.stringify({ ...JSON.parse(askBody(next++)), stream: true });
      asked = performance.now();
      [read, isDone, rest, tail] = [0, false, Buffer.alloc(0), ''];
      const fields = `host: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
      socket.write(`POST /ask HTTP/1.1\r\n${fields}\r\n\r\n${body}`);
    };
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('A reader was left before its stream had ended.')));
    socket.once('connect', ask);
    socket.on('data', (piece: Buffer) => {
      const now = performance.now();
      // Another reply has no chunks, and so no end that would be known.
      if (tail === '' && !piece.toString('latin1', 0, 12).startsWith('HTTP/1.1 200'))
        return reject(new Error(`A reader was refused: ${piece.toString('latin1', 0, 200)}`));
      tail = (tail + piece.toString('latin1', Math.max(0, piece.length - lastChunk.length))).slice(-lastChunk.length);
      const bytes = Buffer.concat([rest, piece]);
      const last = bytes.lastIndexOf('\n') + 1;
      rest = bytes.subarray(last);
      const whole = bytes.subarray(0, last);
      const found = occurrences(whole, token);
      if (read === 0 && found > 0 && asked >= begin) firstTokens.push(now - asked);
      read += found;
      if (now >= begin && now < end) tokens += found;
      isDone ||= whole.includes(done);
      if (tail !== lastChunk) return;
      if (!isDone || read !== tokensOfAnswer) broken += 1;
      if (now < end) return ask();
      socket.end();
      resolve();
    });
  });

/** Tells what was read once time is up, so that what is spent on the last answers counts no more than their tokens do. */
async function tellAtEnd() {
  await delay(end - performance.now());
  firstTokens.sort((one, other) => one - other);
  const firstTokenMs = firstTokens[Math.floor(firstTokens.length / 2)] ?? 0;
  process.send!({ tokens, perSecond: tokens / seconds!, firstTokenMs, broken });
}

setTimeout(() => process.send!({ warm: true }), begin - performance.now());
await Promise.all([tellAtEnd(), ...Array.from({ length: readers! }, reader)]);
process.disconnect!();
