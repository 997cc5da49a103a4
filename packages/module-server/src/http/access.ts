import { createHash, timingSafeEqual } from 'node:crypto';

import type { FastifyInstance } from 'fastify';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether an address to listen on is only this machine's. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host) || host === '::1';
}

/** Who may not ask; told as the server answers it. */
export class Unauthenticated extends Error {
  override readonly name = 'Unauthenticated';
}

/**
 * Lets nobody in without the token. Where none is demanded, a request must be meant for this machine by name: a page in a browser
 * may reach it by a name of its own.
 */
export function registerAccess(app: FastifyInstance, token: string | undefined): void {
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`);
  app.addHook('onRequest', async ({ headers, hostname }) => {
    if (expected === undefined) {
      if (!isLoopback(hostname)) throw new Unauthenticated(`host: ${hostname} is not this machine`);
    } else if (!timingSafeEqual(digest(headers.authorization ?? ''), expected))
      throw new Unauthenticated('authorization: the token is missing or wrong; accepted: Bearer <token>');
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
