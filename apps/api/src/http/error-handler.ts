import { isOutOfMemory, PhiError, redisFailure } from '@phi/core';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { damagedRecord, exhausted, HttpProblem, notDurable, redisUnavailable } from './http-problem.js';
import { sendProblem } from './send-problem.js';

/** Turns whatever is thrown into a problem; what was not expected is logged and shown without its inside. */
export function registerErrorHandler(app: FastifyInstance): void {
  app.setErrorHandler((error: unknown, request, reply) =>
    sendProblem(request, reply, toProblem(error, request)),
  );
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      request,
      reply,
      new HttpProblem(404, 'API_002_NOT_FOUND', {
        detail: `There is no ${request.method} ${pathOf(request)}.`,
      }),
    ),
  );
}

/** For requests that no route and no hook gets to see, such as a path that cannot be decoded. */
export function answerFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  void sendProblem(
    request,
    reply,
    new HttpProblem(error.statusCode ?? 400, 'API_001_VALIDATION_FAILED', {
      detail: 'The path cannot be read.',
    }),
  );
}

export function toProblem(error: unknown, request: FastifyRequest): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (isNotDurable(error)) return notDurable(error.message);
  if (error instanceof PhiError && error.code === 'STATE_002_QUEUE_STATE_CORRUPT') return damagedRecord();
  if (isOutOfMemory(error)) return exhausted('RES_001_MEMORY_EXHAUSTED');
  const failure = redisFailure(error);
  if (failure !== undefined) return redisUnavailable(failure);
  return fromFramework(error, request) ?? unexpected(error, request);
}

function isNotDurable(error: unknown): error is PhiError {
  return error instanceof PhiError && error.code === 'STATE_050_NOT_DURABLE';
}

function fromFramework(error: unknown, request: FastifyRequest): HttpProblem | undefined {
  if (
    typeof error !== 'object' ||
    error === null ||
    !('statusCode' in error) ||
    typeof error.statusCode !== 'number'
  )
    return undefined;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_HANDLER_TIMEOUT') {
    return redisUnavailable(
      'Redis did not answer in time. Whether the request took effect is not known: repeat it with the same idempotency key.',
    );
  }
  if (error.statusCode === 413) return bodyTooLarge(request.routeOptions.bodyLimit);
  if (error.statusCode === 415) {
    return new HttpProblem(415, 'API_001_VALIDATION_FAILED', {
      detail: 'The body must be JSON, with Content-Type: application/json.',
    });
  }
  if (error.statusCode >= 500) return undefined;
  const detail = 'message' in error ? String(error.message) : '';
  return new HttpProblem(error.statusCode, 'API_001_VALIDATION_FAILED', { detail });
}

function bodyTooLarge(limitBytes: number): HttpProblem {
  const kib = limitBytes / 1024;
  const most = kib < 1024 ? `${String(kib)} KiB` : `${String(kib / 1024)} MiB`;
  return new HttpProblem(413, 'API_006_PAYLOAD_TOO_LARGE', { detail: `A body has at most ${most} here.` });
}

function unexpected(error: unknown, request: FastifyRequest): HttpProblem {
  const upgrade =
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'STATE_004_RECORD_TOO_NEW';
  request.log.error({ err: error }, upgrade ? 'met a record of a newer Phi' : 'request failed');
  return upgrade
    ? new HttpProblem(503, 'API_008_UPGRADE_REQUIRED')
    : new HttpProblem(500, 'API_009_INTERNAL');
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0]?.slice(0, 200) ?? '';
}
