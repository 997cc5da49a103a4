import { createServer } from 'node:net';

/** Below what systems hand out by themselves: nobody takes a port of these unasked, also while a server on it is away. */
const FIRST = 20_000;
/** Each worker of jest has so many of its own. */
const SHARE = 1000;
const SHARES = 12;

let next = Math.floor(Math.random() * SHARE);

/**
 * A TCP port of the loopback interface on which nothing listens.
 *
 * @throws Error there is none
 */
export async function freePort(): Promise<number> {
  const share = Number(process.env['JEST_WORKER_ID'] ?? 0) % SHARES;
  for (let tries = 0; tries < SHARE; tries += 1) {
    const port = FIRST + share * SHARE + (next++ % SHARE);
    if (await isFree(port)) return port;
  }
  throw new Error(`each of ${String(SHARE)} ports is taken`);
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
