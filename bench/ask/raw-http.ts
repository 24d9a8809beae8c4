import { createServer, type Socket } from 'node:net';

/** The length of a message that begins at `from` and is whole, its head included; 0 where more must come. */
function wholeLength(bytes: Buffer, from: number): { head: number; whole: number } | null {
  const head = bytes.indexOf('\r\n\r\n', from);
  if (head < 0) return null;
  const fields = bytes.toString('latin1', from, head);
  const [, length = '0'] = /\r\ncontent-length: *(\d+)/i.exec(fields) ?? [];
  const whole = head + 4 - from + Number(length);
  return bytes.length - from >= whole ? { head: head + 4 - from, whole } : null;
}

/**
 * Reads HTTP/1.1 messages with a content length from a socket, one after another, and hands on each one's head and body. It does
 * the least that a benchmark's two ends need, so that what is measured is what stands between them.
 */
export function readMessages(socket: Socket, onMessage: (head: string, body: string) => void) {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (piece) => {
    const bytes = rest.length === 0 ? (piece as Buffer) : Buffer.concat([rest, piece as Buffer]);
    let at = 0;
    for (let message = wholeLength(bytes, at); message; message = wholeLength(bytes, at)) {
      onMessage(
        bytes.toString('latin1', at, at + message.head),
        bytes.toString('utf8', at + message.head, at + message.whole),
      );
      at += message.whole;
    }
    rest = bytes.subarray(at);
  });
}

/** Listens on a free loopback port; `reply` gives a body of JSON for each request, after `delayMs`. */
export function serveRaw(reply: (head: string, body: string) => string, delayMs: number): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    readMessages(socket, (head, body) => {
      const send = () => {
        const text = reply(head, body);
        const fields = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}`;
        if (!socket.destroyed) socket.write(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${text}`);
      };
      if (delayMs === 0) send();
      else setTimeout(send, delayMs);
    });
  });
  return new Promise((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
      resolve((server.address() as { port: number }).port),
    ),
  );
}
