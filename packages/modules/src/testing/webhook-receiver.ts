import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** How a message is answered: with a status, a status and headers, or not at all. */
type Answer = number | readonly [number, OutgoingHttpHeaders] | 'never';

export interface WebhookReceiver {
  readonly url: string;
  /** Every message whose signature is right, as it came. */
  readonly messages: readonly { readonly id: string; readonly body: string }[];
  /** How many came with a wrong one. */
  readonly refused: number;
  /** How the next messages are answered, in order; after them with 202. */
  answer(...answers: readonly Answer[]): void;
  stop(): Promise<void>;
}

/** A receiver of Standard Webhooks on the loopback interface. */
export const startReceiver = async (secret: string): Promise<WebhookReceiver> => {
  const messages: { id: string; body: string }[] = [];
  let refused = 0;
  let answers: Answer[] = [];
  const take = async (request: IncomingMessage): Promise<Answer> => {
    const body = await text(request);
    const headers = request.headers as Record<string, string>;
    try {
      new Webhook(secret).verify(body, headers);
    } catch {
      refused += 1;
      return 401;
    }
    messages.push({ id: headers['webhook-id'] ?? '', body });
    return answers.shift() ?? 202;
  };
  const server = createServer((request, response) => {
    void take(request).then((answer) => {
      if (answer === 'never') return;
      const [status, headers] = typeof answer === 'number' ? [answer, {}] : answer;
      response.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    messages,
    get refused() {
      return refused;
    },
    answer: (...next) => {
      answers = [...next];
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
};
