import type { FastifyReply, FastifyRequest } from 'fastify';

import { problemDetails, type HttpProblem } from './http-problem.js';

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: HttpProblem,
): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json; charset=utf-8')
    .serializer((value) => JSON.stringify(value))
    .send(problemDetails(problem, request.id));
}
