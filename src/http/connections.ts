import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, type Server as NetServer, type Socket } from 'node:net';

/** How patient the server is with connections, in milliseconds. */
export const patience = {
  /** A connection whose reply isn't taken is ended after this long without progress. */
  stalledMs: 60_000,
  /** When the server stops, a request that has not arrived whole after this long is not waited for. */
  lateMs: 5_000,
  /** When the server stops, a reply that its client takes more slowly than it is made is given up after this long. */
  untakenMs: 60_000,
};
const sweepEveryMs = 100;
/** How many requests of a connection may wait for the one before them: more than clients that do so send ahead. */
const mostWaiting = 100;

/**
 * Looks after the connections of a server that doesn't listen yet: ends those that only hold memory and, when the
 * server stops, idle ones. Node's own way is replaced, because it counts a connection as idle as soon as the reply was
 * handed over, and so cuts off slow readers, and slow senders.
 */
export function lookAfterConnections(server: Server, { stalledMs, lateMs, untakenMs } = patience) {
  /** The replies that each connection still owes, in order, and what is called when the turn of one has come. */
  const open = new Map<Socket, Map<ServerResponse, () => void>>();
  let drainingSince: number | null = null;

  server.on('connection', (socket: Socket) => {
    const owed = new Map<ServerResponse, () => void>();
    open.set(socket, owed);
    // Node destroys a connection after its last reply. If a request is still arriving then, as a large one that is refused
    // at once, its sender gets an error instead of the reply; so the rest is read first, for as long as a request may take.
    const destroySoon = socket.destroySoon.bind(socket);
    const isRefusedEarly = ({ writableEnded, req }: ServerResponse) => writableEnded && !req.complete;
    socket.destroySoon = () => void (owed.keys().some(isRefusedEarly) ? socket.end() : destroySoon());
    socket.once('close', () => {
      open.delete(socket);
      for (const go of owed.values()) go();
    });
  });
  // Before anybody works on it, so that its turn can be told.
  server.prependListener('request', ({ socket }, response: ServerResponse) => {
    const owed = open.get(socket);
    owed?.set(response, () => {});
    response.once('close', () => {
      owed?.delete(response); // it is sent whole, or the connection is gone
      owed?.values().next().value?.();
    });
  });
  // Called for a connection on which nothing has moved for this long; one whose reply is still being made has nothing
  // to send yet.
  server.setTimeout(stalledMs, (socket) => {
    if (socket.writableLength > 0 || !open.get(socket)?.size) socket.destroy();
  });

  const hasDrainedFor = (ms: number) => drainingSince !== null && performance.now() - drainingSince > ms;
  const isLate = ({ req }: ServerResponse) => !req.complete && hasDrainedFor(lateMs);
  server.closeIdleConnections = () => {
    for (const [socket, owed] of open)
      if (owed.keys().every(isLate) || (socket.writableLength > 0 && hasDrainedFor(untakenMs))) socket.destroy();
  };

  return {
    isDraining: () => drainingSince !== null,

    /**
     * Resolves when the earlier requests of a connection have their replies, or it is closed; nothing to wait for where
     * there are none. A client may send hundreds in one go. Their replies go out in order, so those made too early would
     * only take up memory; nor would they hear that it has left. A connection on which too many wait is ended, since each
     * of them takes up memory, too.
     */
    takeTurn({ socket }: IncomingMessage, response: ServerResponse): Promise<void> | undefined {
      const owed = open.get(socket);
      if (!owed || owed.keys().next().value === response) return undefined;
      if (owed.size > 1 + mostWaiting) socket.destroy();
      return new Promise((resolve) => owed.set(response, resolve));
    },

    /** Whether a part of a reply has gone out and the rest has not: nothing else may be written in between. */
    isReplying: (socket: Socket) =>
      open
        .get(socket)
        ?.keys()
        .some(({ headersSent, writableEnded }) => headersSent && !writableEnded) ?? false,

    /** Ends idle connections from now on, and the others after their replies, until the server has closed. */
    drain() {
      drainingSince = performance.now();
      for (const owed of open.values())
        for (const response of owed.keys()) if (!response.headersSent) response.setHeader('connection', 'close');
      const sweep = setInterval(() => {
        server.closeIdleConnections();
        if (!server.listening && open.size === 0) clearInterval(sweep);
      }, sweepEveryMs);
    },
  };
}

/**
 * Makes a server for a further address that feeds its connections to `server`, so that they are looked after like the
 * server's own. The caller makes it listen. When closed, it waits for the connections that came through it, as any
 * server does.
 */
export function createSecondListener(server: Server): NetServer {
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void server.emit('connection', socket));
}
