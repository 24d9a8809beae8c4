import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { FuzzRequest } from './requests.ts';

/** A reply as it came; null for one that never did: the connection was closed without a word. */
export type Reply = { status: number; headers: Record<string, string>; text: string } | null;

const patienceMs = 20_000;

/** Sends requests to one service over connections that are kept. */
export function createSender(url: string) {
  const { hostname: host, port } = new URL(url);
  const agent = new Agent({ keepAlive: true });

  function sendWhole({ method, path, headers, body }: FuzzRequest): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const length = body ? { 'content-length': String(body.length) } : {};
      const call = httpRequest({ host, port, agent, method, path, headers: { ...headers, ...length } });
      call.setTimeout(patienceMs, () => call.destroy(new Error('no reply in time')));
      call.on('response', async (response) => {
        const text = Buffer.concat(await response.toArray()).toString();
        const entries = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
        resolve({ status: response.statusCode!, headers: Object.fromEntries(entries), text });
      });
      // A body that is refused before it is read may meet a closed connection.
      call.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(null) : reject(error),
      );
      call.end(body ?? undefined);
    });
  }

  /** Sends bytes as they are, and reads until the connection is closed, as it must be after what can't be read. */
  async function sendRaw(bytes: Buffer): Promise<Reply> {
    const socket = connect(Number(port), host);
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('no reply in time')));
    socket.write(bytes);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of socket) chunks.push(chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    }
    const [head = '', ...rest] = Buffer.concat(chunks).toString().split('\r\n\r\n');
    const [line = '', ...fields] = head.split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1]);
    if (!status) return null;
    const headers = fields.map((field) => [field.split(':')[0]!.toLowerCase(), field.replace(/^[^:]*: */, '')]);
    return { status, headers: Object.fromEntries(headers), text: rest.join('\r\n\r\n') };
  }

  return {
    send: (request: FuzzRequest): Promise<Reply> => (request.raw ? sendRaw(request.raw) : sendWhole(request)),
    close: () => agent.destroy(),
  };
}
