import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Test } from './temporary-folder.ts';

/** An address that leads to a port of loopback, and to another when it is told so; it ends with the test. */
export async function startTcpProxy(test: Test, firstPort: number) {
  let target = firstPort;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((socket) => {
    const other = keep(connect(target, '127.0.0.1'));
    keep(socket).pipe(other).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    /** New connections lead there; those that are open say no more and are not closed, as when a machine loses its power. */
    failOver(port: number) {
      target = port;
      for (const socket of sockets) socket.unpipe().resume();
    },
  };
}
