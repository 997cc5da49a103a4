import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { JobCallback } from '@phi/modules';

const BODY_BYTES = 1024 * 1024;

/** A message as it came. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Takes what a module calls back with, and answers 204. */
export class CallbackListener {
  readonly #received: Received[] = [];
  readonly callback: JobCallback;

  private constructor(
    private readonly server: Server,
    url: string,
  ) {
    this.callback = { url, secret: `whsec_${randomBytes(32).toString('base64')}` };
  }

  /**
   * @param port 0 takes a free one
   * @param reached where the module reaches it. Default: the loopback interface
   * @param id of this listener alone
   */
  static async open(port: number, reached: string | undefined, id: string): Promise<CallbackListener> {
    const server = createServer();
    server.listen(port, reached === undefined ? '127.0.0.1' : '0.0.0.0');
    await once(server, 'listening');
    const own = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const listener = new CallbackListener(server, `${(reached ?? own).replace(/\/+$/, '')}/${id}`);
    listener.#listen();
    return listener;
  }

  /** The first message, or the next after those that were seen. */
  async next(seen: number, signal: AbortSignal): Promise<Received> {
    for (;;) {
      const message = this.#received[seen];
      if (message !== undefined) return message;
      await once(this.server, 'received', { signal });
    }
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  #listen(): void {
    this.server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.byteLength;
        if (bytes > BODY_BYTES) request.destroy();
        else chunks.push(chunk);
      });
      request.on('end', () => {
        response.writeHead(204).end();
        this.#received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
        this.server.emit('received');
      });
    });
  }
}
