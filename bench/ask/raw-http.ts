import { createServer, type Socket } from 'node:net';

/** The lengths of a message that begins at `from`: of its head and of all of it; null where it isn't complete yet. */
function lengthsOf(bytes: Buffer, from: number): { head: number; whole: number } | null {
  const head = bytes.indexOf('\r\n\r\n', from);
  if (head < 0) return null;
  const fields = bytes.toString('latin1', from, head);
  const [, length = '0'] = /\r\ncontent-length: *(\d+)/i.exec(fields) ?? [];
  const whole = head + 4 - from + Number(length);
  return bytes.length - from >= whole ? { head: head + 4 - from, whole } : null;
}

/**
 * Reads HTTP/1.1 messages with a content length from a socket, one after another, and passes on each one's head and body. It does no more
 * than the two ends of a benchmark need, so that they hardly affect what is measured.
 */
export function readMessages(socket: Socket, onMessage: (head: string, body: string) => void) {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (piece) => {
    const bytes = rest.length === 0 ? (piece as Buffer) : Buffer.concat([rest, piece as Buffer]);
    let at = 0;
    for (let message = lengthsOf(bytes, at); message; message = lengthsOf(bytes, at)) {
      onMessage(
        bytes.toString('latin1', at, at + message.head),
        bytes.toString('utf8', at + message.head, at + message.whole),
      );
      at += message.whole;
    }
    rest = bytes.subarray(at);
  });
}

const head = (fields: string) => `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`;

/** Sends server-sent events one by one, each in its own turn of the event loop, as a model makes its tokens. */
function sendEvents(socket: Socket, events: string[]) {
  const send = (at: number) => {
    if (socket.destroyed) return;
    const chunk = `data: ${events[at]}\n\n`;
    const ending = at === events.length - 1 ? '0\r\n\r\n' : '';
    socket.write(`${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n${ending}`);
    if (!ending) setImmediate(send, at + 1);
  };
  socket.write(head('content-type: text/event-stream\r\ntransfer-encoding: chunked'));
  send(0);
}

/** Listens on a free loopback port; `reply` makes a JSON body or server-sent events for each request, sent after `delayMs`. @returns the port */
export function serveRaw(reply: (head: string, body: string) => string | string[], delayMs: number): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    readMessages(socket, (received, body) => {
      const send = () => {
        const replied = reply(received, body);
        if (socket.destroyed) return;
        if (typeof replied !== 'string') return sendEvents(socket, replied);
        const fields = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(replied)}`;
        socket.write(`${head(fields)}${replied}`);
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
