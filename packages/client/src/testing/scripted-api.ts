import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A request as it came in. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
  /** Milliseconds since the server started. */
  readonly time: number;
}

/** What to answer: `drop` breaks the connection off, `hang` never answers. */
export type Scripted =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'drop'
  | 'hang';

/** An HTTP server that answers as a test says, one answer after another, the last one for good. */
export class ScriptedApi {
  readonly received: Received[] = [];
  private readonly began = performance.now();

  private constructor(
    private readonly server: Server,
    readonly url: string,
    private script: readonly Scripted[],
  ) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.answer(request, response);
    });
  }

  static async start(): Promise<ScriptedApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return new ScriptedApi(server, `http://127.0.0.1:${String(port)}`, []);
  }

  answers(...script: readonly Scripted[]): void {
    this.script = script;
    this.received.length = 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const scripted = this.script[Math.min(this.received.length, this.script.length - 1)] ?? 'drop';
    this.received.push({
      method: request.method ?? '',
      path: request.url ?? '',
      authorization: request.headers.authorization,
      body: text === '' ? undefined : JSON.parse(text),
      time: performance.now() - this.began,
    });
    if (scripted === 'hang') return;
    if (scripted === 'drop') {
      request.socket.destroy();
      return;
    }
    response.writeHead(scripted.status, { 'content-type': 'application/json', ...scripted.headers });
    response.end(typeof scripted.body === 'string' ? scripted.body : JSON.stringify(scripted.body));
  }
}
