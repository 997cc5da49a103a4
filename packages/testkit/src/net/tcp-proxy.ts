import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** Stands between a client and a server on this machine, and can be cut, silenced, and led elsewhere. */
export interface TcpProxy {
  readonly port: number;
  /** Where a Redis behind it is reached. */
  readonly url: string;
  /** Ends every connection and lets none through, until it is mended. */
  cut(): void;
  /** Whatever is sent vanishes, either way, and nobody is told: also what comes later, until it is mended. */
  silence(): void;
  /** Lets new connections through. Those that were silenced stay so. */
  mend(): void;
  /** Leads new connections to another port; those that there are stay where they are. */
  leadTo(port: number): void;
  /**
   * Swallows some of what the server answers, and ends the connection on which an answer was lost: what was asked may have been done,
   * and nobody was told.
   *
   * @param isLost - asked for each piece of an answer; undefined: nothing is lost any more
   */
  loseReplies(isLost: (() => boolean) | undefined): void;
  close(): Promise<void>;
}

/** @param port - of the server on the loopback interface */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let isSilent = false;
  let target = port;
  let isLost: (() => boolean) | undefined;

  const keep = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const hush = (...ends: Socket[]): void => {
    for (const socket of ends) {
      socket.unpipe();
      // Read, so that the end of a connection is noticed, and thrown away.
      socket.resume();
    }
  };
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    keep(client, upstream);
    keep(upstream, client);
    if (isSilent) {
      hush(client, upstream);
      return;
    }
    const reply = new Transform({
      transform(piece: Buffer, _encoding, done) {
        if (isLost?.() === true) client.destroy();
        else done(null, piece);
      },
    });
    client.pipe(upstream).pipe(reply).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = portOf(server);
  return {
    port: own,
    url: `redis://127.0.0.1:${String(own)}`,
    cut() {
      isCut = true;
      endAll();
    },
    silence() {
      isSilent = true;
      hush(...sockets);
    },
    mend() {
      isCut = false;
      isSilent = false;
    },
    leadTo(other) {
      target = other;
    },
    loseReplies(which) {
      isLost = which;
    },
    async close() {
      endAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
