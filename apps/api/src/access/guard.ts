import type { FastifyInstance, FastifyRequest } from 'fastify';

import { HttpProblem, redisUnavailable } from '../http/http-problem.js';
import { sendProblem } from '../http/send-problem.js';
import { within } from '../http/within.js';
import { readBearer } from './api-key.js';
import type { Authenticator, Caller } from './authenticator.js';
import { ROLE_PERMISSIONS, type Permission } from './permissions.js';
import { readSession } from './sessions.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; unset on public routes. */
    caller: Caller | null;
  }
}

/** How long finding out who asks may take, in milliseconds. */
const IDENTIFY_WITHIN_MS = 2000;
const LATE = 'late' as const;

export interface GuardOptions {
  readonly authenticator: Authenticator;
  readonly isRedisReady: () => boolean;
}

/** Lets a request through to its handler only if its route is public, its caller may call it, or it is signed. */
export function registerGuard(app: FastifyInstance, options: GuardOptions): void {
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return;
    const refusal = await refuse(request, options);
    if (refusal === undefined) return;
    // Not thrown: a plugin's own error handler must not get to turn a refusal into something else.
    if (refusal === 'sign-in') await reply.redirect('/sign-in', 303);
    else await sendProblem(request, reply, refusal);
  });
  // Not before: a signature is over the body.
  app.addHook('preValidation', async (request, reply) => {
    const { permission, verify } = request.routeOptions.config;
    if (request.is404 || permission !== 'signed' || verify?.(request) === true) return;
    await sendProblem(request, reply, unsigned());
  });
}

/** The caller of a route that demands a permission. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error(`${request.url} has no caller`);
  return request.caller;
}

/** @throws HttpProblem 403 */
export function demandPermission(request: FastifyRequest, permission: Permission): void {
  const { role } = callerOf(request);
  if (!ROLE_PERMISSIONS[role].has(permission)) throw forbidden(role, permission);
}

async function refuse(
  request: FastifyRequest,
  options: GuardOptions,
): Promise<HttpProblem | 'sign-in' | undefined> {
  const { permission, browser } = request.routeOptions.config;
  if (permission === 'public' || permission === 'signed') return undefined;
  const key = readBearer(request.headers.authorization);
  const session =
    browser === true && request.headers.authorization === undefined ? readSession(request) : undefined;
  if (key === undefined && session === undefined) return unauthenticated(request, browser);
  if (!options.isRedisReady()) return redisUnavailable();
  const caller = await within(IDENTIFY_WITHIN_MS, identify(options.authenticator, key, session), LATE);
  if (caller === LATE) return redisUnavailable('Redis does not answer.');
  if (caller === undefined) return unauthenticated(request, browser);
  if (permission === undefined || !ROLE_PERMISSIONS[caller.role].has(permission)) {
    return forbidden(caller.role, permission ?? 'a permission that no role has');
  }
  request.caller = caller;
  return undefined;
}

async function identify(
  authenticator: Authenticator,
  key: string | undefined,
  session: string | undefined,
): Promise<Caller | undefined> {
  if (key !== undefined) return authenticator.byKey(key);
  return session === undefined ? undefined : authenticator.bySession(session);
}

function unauthenticated(request: FastifyRequest, browser: boolean | undefined): HttpProblem | 'sign-in' {
  const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
  if (browser === true && wantsPage) return 'sign-in';
  return new HttpProblem(401, 'API_004_UNAUTHENTICATED', {
    detail: 'Send a valid key as "Authorization: Bearer <key>".',
    headers: { 'www-authenticate': 'Bearer realm="phi"' },
  });
}

/** The same whatever is wrong: who cannot sign learns nothing, not even which sources there are. */
function unsigned(): HttpProblem {
  return new HttpProblem(401, 'API_004_UNAUTHENTICATED', {
    detail: 'The request is not signed by a source that is known here (Standard Webhooks).',
    headers: { 'www-authenticate': 'StandardWebhooks realm="phi"' },
  });
}

function forbidden(role: string, permission: string): HttpProblem {
  return new HttpProblem(403, 'API_005_FORBIDDEN', {
    detail: `The role ${role} does not have the permission ${permission}.`,
  });
}
