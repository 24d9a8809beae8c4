import type { Server, ServerResponse } from 'node:http';
import { createServer, type Server as NetServer, type Socket } from 'node:net';

/** In milliseconds. */
const patience = {
  /** A connection whose reply nobody takes is ended after so long without progress. */
  stalledMs: 60_000,
  /** When the server stops, a request that has not arrived whole by then is not waited for. */
  lateMs: 5_000,
};
const sweepEveryMs = 100;

/**
 * Looks after the connections of a server, which must not listen yet: ends those that do nothing but take memory, and when the server
 * stops those that are idle. Node's own way of that takes a connection for idle as soon as its reply was handed over, and cuts off what a
 * slow reader has not been sent; so it is replaced.
 */
export function lookAfterConnections(server: Server, { stalledMs, lateMs } = patience) {
  const open = new Map<Socket, Set<ServerResponse>>();
  let drainingSince: number | null = null;

  server.on('connection', (socket: Socket) => {
    open.set(socket, new Set());
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', ({ socket }, response: ServerResponse) => {
    const responses = open.get(socket);
    responses?.add(response);
    response.once('close', () => responses?.delete(response)); // all of it is sent, or the connection is gone
  });
  // Node tells of a connection on which nothing has moved for so long; what a reply is being made for has nothing to send yet.
  server.setTimeout(stalledMs, (socket) => {
    if (socket.writableLength > 0 || !open.get(socket)?.size) socket.destroy();
  });

  const isLate = ({ req }: ServerResponse) => !req.complete && performance.now() - drainingSince! > lateMs;
  server.closeIdleConnections = () => {
    for (const [socket, responses] of open)
      if (responses.values().every((response) => drainingSince !== null && isLate(response))) socket.destroy();
  };

  return {
    isDraining: () => drainingSince !== null,

    /** From now on idle connections are ended, and those with a reply under way after it; until the server has closed. */
    drain() {
      drainingSince = performance.now();
      for (const responses of open.values())
        for (const response of responses) if (!response.headersSent) response.setHeader('connection', 'close');
      const sweep = setInterval(() => {
        server.closeIdleConnections();
        if (!server.listening && open.size === 0) clearInterval(sweep);
      }, sweepEveryMs);
    },
  };
}

/**
 * Another door to a server, for a further address: its connections become the server's, so that whatever looks after those looks after
 * these. Listening is the caller's; closed, it waits for the connections that came through it, as the server does for its own.
 */
export function anotherDoor(server: Server): NetServer {
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void server.emit('connection', socket));
}
