import type { FastifyInstance, FastifyRequest } from 'fastify';

import { HttpProblem } from '../http/http-problem.js';

/** A form of ours has one short field. */
const FORM_LIMIT_BYTES = 4096;

/** Lets the routes of a scope take the form that a browser sends; every other route takes JSON only. */
export function acceptForms(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: FORM_LIMIT_BYTES },
    async (_request: FastifyRequest, body: string) => new URLSearchParams(body),
  );
}

/**
 * Refuses a form that another site's page sent.
 *
 * @throws HttpProblem 403
 */
export function demandSameOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  // What the browser itself says of the page goes before the origin, which a page's referrer policy can hide.
  const isOurs =
    site === undefined
      ? origin === undefined || hostOf(origin) === host
      : site === 'same-origin' || site === 'none';
  if (isOurs) return;
  throw new HttpProblem(403, 'API_005_FORBIDDEN', {
    detail: 'The form was sent by a page of another origin.',
  });
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
