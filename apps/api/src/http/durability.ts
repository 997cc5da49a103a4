import type { Durability } from '@phi/core';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** What is written for it is confirmed by this. */
    durability: number;
  }
}

/** Nothing that writes is answered with success before it is as safe as DURABILITY asks for. */
export function registerDurability(app: FastifyInstance, durability: Durability): void {
  app.decorateRequest('durability', 0);
  app.addHook('onRequest', async (request) => {
    request.durability = durability.begin();
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (!isReading(request.method) && reply.statusCode < 300) await durability.confirm(request.durability);
    return payload;
  });
}

function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}
