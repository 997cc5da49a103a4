/** What ioredis keeps of a command until it is answered. */
interface Unanswered {
  readonly command: { reject(error: Error): void };
}

/** What is used of an ioredis client. */
export interface ReconnectingClient {
  on(event: 'ready' | 'close', listener: () => void): unknown;
  /** What was under way when the last usable connection was lost; ioredis does not declare it. */
  prevCommandQueue?: { shift(): Unanswered | undefined } | null;
}

/**
 * Fails what was under way when a connection was lost, once the next is lost too before it was of use. ioredis bounds its tries
 * (`maxRetriesPerRequest: 1`) only while nothing takes the connection: behind a load balancer that does, and closes it, these commands
 * would have no answer until Redis is back (docs/adr/0033-redis-in-trouble.md).
 */
export function failUnanswered(client: ReconnectingClient): void {
  let losses = 0;
  client.on('ready', () => {
    losses = 0;
  });
  client.on('close', () => {
    losses += 1;
    if (losses < 2) return;
    let unanswered = client.prevCommandQueue?.shift();
    while (unanswered !== undefined) {
      unanswered.command.reject(new Error('Connection is closed.'));
      unanswered = client.prevCommandQueue?.shift();
    }
  });
}
