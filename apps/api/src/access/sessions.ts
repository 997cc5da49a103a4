import { randomBytes } from 'node:crypto';

import type { ApiKeyStore } from '@phi/core';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { hashSecret } from './api-key.js';

const COOKIE = 'phi_session';
const LIFETIME_SECONDS = 12 * 3600;
const SESSION_ID = /^[A-Za-z0-9_-]{43}$/;

/** The id in a browser's session cookie, where it has the form of one. */
export function readSession(request: FastifyRequest): string | undefined {
  const id = request.cookies[COOKIE];
  return id !== undefined && SESSION_ID.test(id) ? id : undefined;
}

/** Opens a session for the key's owner and hands its id to the browser; Redis knows its SHA-256 only. */
export async function openSession(
  keys: ApiKeyStore,
  key: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const id = randomBytes(32).toString('base64url');
  await keys.openSession(hashSecret(id), hashSecret(key), LIFETIME_SECONDS);
  reply.setCookie(COOKIE, id, { ...attributes(request), maxAge: LIFETIME_SECONDS });
}

export async function closeSession(
  keys: ApiKeyStore,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const id = readSession(request);
  if (id !== undefined) await keys.closeSession(hashSecret(id));
  reply.clearCookie(COOKIE, attributes(request));
}

function attributes(request: FastifyRequest): {
  httpOnly: true;
  sameSite: 'strict';
  path: '/';
  secure: boolean;
} {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure: request.protocol === 'https' };
}
