import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { InspectedQueue } from '@phi/queues';
import type { FastifyInstance } from 'fastify';

import type { ApiApp, ApiContext } from '../api-context.js';
import { toProblem } from '../http/error-handler.js';
import { HttpProblem } from '../http/http-problem.js';
import { sendProblem } from '../http/send-problem.js';

const PREFIX = '/queues';
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Its pages bring their styles inline, and nothing from elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'self'",
  "form-action 'self'",
].join('; ');

/** Bull Board, behind the same access control as everything else, and only to look at. */
export async function registerBoard(app: ApiApp, { inspection, services }: ApiContext): Promise<void> {
  const adapter = new FastifyAdapter();
  const board = createBullBoard({
    queues: inspection.queues.map(toReadOnly),
    serverAdapter: adapter,
    options: {
      uiConfig: {
        boardTitle: 'Phi queues',
        hideRedisDetails: true,
        hideDocsLink: true,
        showWorkers: false,
        miscLinks: [{ text: 'Sign out', url: '/sign-out' }],
      },
    },
  });
  adapter.setBasePath(PREFIX);
  const shown = new Set<string>();
  await app.register(async (scope) => {
    closeOff(scope);
    // Pools become dedicated at run time.
    scope.addHook('preHandler', async () => {
      for (const pool of await services.limits.dedicatedPools()) {
        if (shown.has(pool)) continue;
        shown.add(pool);
        board.addQueue(toReadOnly(inspection.openDedicated(pool)));
      }
    });
    await scope.register(adapter.registerPlugin(), { prefix: PREFIX });
  });
}

function toReadOnly({ queue, namePrefix }: InspectedQueue): BullMQAdapter {
  return new BullMQAdapter(queue, { readOnlyMode: true, prefix: namePrefix });
}

/** Bull Board registers its routes itself: each gets its permission here, and whatever would change something refuses. */
function closeOff(scope: FastifyInstance): void {
  scope.addHook('onRoute', (route) => {
    route.config = { ...route.config, permission: 'queues:read', browser: true };
    route.errorHandler = (error, request, reply) => {
      sendProblem(request, reply, toProblem(error, request));
    };
    if ([route.method].flat().every((method) => READING.has(method))) return;
    route.handler = (request, reply) =>
      sendProblem(
        request,
        reply,
        new HttpProblem(405, 'API_005_FORBIDDEN', {
          detail: 'The queues are shown read-only.',
          headers: { allow: 'GET, HEAD' },
        }),
      );
  });
  scope.addHook('onRequest', async (_request, reply) => {
    reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
  });
}
