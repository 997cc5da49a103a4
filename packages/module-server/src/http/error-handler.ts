import { CONTRACT_PROBLEMS, type ContractProblem } from '@phi/modules';
import type { FastifyInstance, FastifyReply } from 'fastify';

import type { ServerLog } from '../module-server-options.js';
import { Refusal } from '../refusal.js';
import { Unauthenticated } from './access.js';

/** Whatever is thrown as a problem (RFC 9457); what was not expected is logged, and shown without its inside. */
export function registerErrorHandler(app: FastifyInstance, log: ServerLog): void {
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof Refusal) return sendRefusal(reply, error);
    if (error instanceof Unauthenticated) {
      reply.header('www-authenticate', 'Bearer');
      return send(reply, {
        title: 'Who asks is not known.',
        status: 401,
        detail: error.message,
        code: 'UNAUTHENTICATED',
      });
    }
    const status = statusOf(error);
    if (status !== undefined) return sendRefusal(reply, invalid(messageOf(error), status));
    log.error({ err: error, route: request.routeOptions.url }, 'request failed');
    return send(reply, { title: 'The module server failed.', status: 500, code: 'INTERNAL' });
  });
  app.setNotFoundHandler((request, reply) =>
    send(reply, {
      title: 'There is nothing here.',
      status: 404,
      detail: `the contract has no ${request.method} ${request.url.split('?')[0]?.slice(0, 200) ?? ''}`,
      code: 'UNKNOWN_ROUTE',
    }),
  );
}

/** @param detail which field, why, and what would be accepted */
export function invalid(detail: string, status?: number): Refusal {
  return new Refusal('INVALID_REQUEST', detail, status === undefined ? {} : { status });
}

function sendRefusal(
  reply: FastifyReply,
  { code, message, status, retryAfterSeconds }: Refusal,
): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  const known = CONTRACT_PROBLEMS[code];
  return send(reply, { title: known.means, status: status ?? known.status, detail: message, code });
}

function send(reply: FastifyReply, problem: Omit<ContractProblem, 'type'>): FastifyReply {
  return reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .serializer((value) => JSON.stringify(value))
    .send({ type: 'about:blank', ...problem });
}

/** Of what fastify refuses by itself, such as a body that is too large. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
}
