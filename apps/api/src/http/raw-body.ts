import { isUtf8 } from 'node:buffer';

import type { FastifyInstance, FastifyRequest } from 'fastify';

import { HttpProblem } from './http-problem.js';

/** Lets the routes of a scope have the bytes of a body as they came, whatever its type; within the route's limit. */
export function acceptRawBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => body,
  );
}

/** The bytes of a request's body; none where it has no body. */
export function rawBodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/**
 * Reads bytes as JSON. What its keys are called is for the schema to check that the value goes to.
 *
 * @throws HttpProblem 400
 */
export function parseJson(bytes: Buffer): unknown {
  try {
    if (isUtf8(bytes)) return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new HttpProblem(400, 'API_001_VALIDATION_FAILED', { detail: 'The body is not JSON in UTF-8.' });
}
