import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * A moment in the conversation with a PostgreSQL: before the server is told to commit, after it has committed and before the client hears
 * of it, or in the middle of a COPY.
 */
export type ProxyPoint = 'before commit' | 'after commit' | 'in copy';

/** One direction of a connection, message by message. */
interface Direction {
  readonly from: Socket;
  readonly to: Socket;
  /** Whether the first message has no type, as a client's has not. */
  readonly untyped: boolean;
}

const LENGTH_BYTES = 4;

const isAt = (point: ProxyPoint, message: Buffer, fromClient: boolean): boolean => {
  const type = message.toString('latin1', 0, 1);
  const text = message.toString('latin1', 1 + LENGTH_BYTES, 1 + LENGTH_BYTES + 'COMMIT'.length);
  switch (point) {
    case 'before commit':
      return fromClient && type === 'Q' && text === 'COMMIT';
    case 'after commit':
      return !fromClient && type === 'C' && text === 'COMMIT';
    case 'in copy':
      return fromClient && type === 'c';
  }
};

/** Stands between a client and a PostgreSQL, and holds the conversation at a moment of the test's choice. */
export class PostgresProxy {
  readonly #server = createServer((client) => {
    this.#join(client);
  });
  readonly #sockets = new Set<Socket>();
  #awaited: { point: ProxyPoint; passes: number; reached: () => void } | undefined;
  #release: (() => void) | undefined;

  private constructor(private readonly target: URL) {}

  /** @param url of the server */
  static async start(url: string): Promise<PostgresProxy> {
    const proxy = new PostgresProxy(new URL(url));
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
    return url.href;
  }

  /**
   * Holds the first connection that comes to a moment for the nth time: nothing passes any more, either way.
   *
   * @returns resolves when it is held
   */
  async hold(point: ProxyPoint, nth: number): Promise<void> {
    return new Promise((reached) => {
      this.#awaited = { point, passes: nth - 1, reached };
    });
  }

  /** Lets the held connection go on. */
  release(): void {
    this.#release?.();
    this.#release = undefined;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #join(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        server.destroy();
      });
    }
    this.#pass({ from: client, to: server, untyped: true });
    this.#pass({ from: server, to: client, untyped: false });
  }

  #pass({ from, to, untyped }: Direction): void {
    let rest = Buffer.alloc(0);
    let prefix = untyped ? 0 : 1;
    const forward = (): void => {
      while (rest.length >= prefix + LENGTH_BYTES) {
        const length = prefix + rest.readInt32BE(prefix);
        if (rest.length < length) return;
        const message = rest.subarray(0, length);
        if (this.#holds(message, untyped, prefix === 1)) {
          from.pause();
          this.#release = () => {
            forward();
            from.resume();
          };
          return;
        }
        to.write(message);
        rest = rest.subarray(length);
        prefix = 1;
      }
    };
    from.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      forward();
    });
  }

  #holds(message: Buffer, fromClient: boolean, isTyped: boolean): boolean {
    const awaited = this.#awaited;
    if (awaited === undefined || !isTyped || !isAt(awaited.point, message, fromClient)) return false;
    if (awaited.passes > 0) {
      awaited.passes -= 1;
      return false;
    }
    this.#awaited = undefined;
    awaited.reached();
    return true;
  }
}
