import {
  findErrorCode,
  type ErrorCode,
  type ExhaustionCode,
  type Problem,
  type ProblemDetails,
} from '@phi/core';

import { atMost } from './at-most.js';

export interface HttpProblemOptions {
  readonly detail?: string;
  readonly problems?: readonly Problem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal on its way to the caller (RFC 9457). */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly problems: readonly Problem[];
  readonly headers: Readonly<Record<string, string>>;
  readonly detail: string | undefined;

  constructor(
    readonly status: number,
    readonly code: ErrorCode,
    options: HttpProblemOptions = {},
  ) {
    super(options.detail ?? code);
    this.detail = options.detail;
    this.problems = atMost(options.problems ?? []);
    this.headers = options.headers ?? {};
  }
}

/** How long a caller should wait before it tries again, in seconds. */
const RETRY_AFTER_SECONDS = '2';

export function redisUnavailable(detail = 'Redis is out of reach.'): HttpProblem {
  return new HttpProblem(503, 'API_007_UNAVAILABLE', {
    detail,
    headers: { 'retry-after': RETRY_AFTER_SECONDS },
    problems: [
      { field: 'redis', reason: 'does not serve now', accepted: 'the same request again, a little later' },
    ],
  });
}

/** Done, and not as safe as it was to be before it is acknowledged. */
export function notDurable(detail: string): HttpProblem {
  const headers = { 'retry-after': RETRY_AFTER_SECONDS };
  return new HttpProblem(503, 'STATE_050_NOT_DURABLE', { detail, headers });
}

/** A record that recovery has not rebuilt yet (docs/adr/0035-damaged-records.md). */
export function damagedRecord(): HttpProblem {
  const detail =
    'The record of this execution is damaged. Recovery rebuilds it from what else is known of it.';
  return new HttpProblem(503, 'STATE_002_QUEUE_STATE_CORRUPT', {
    detail,
    headers: { 'retry-after': RETRY_AFTER_SECONDS },
  });
}

/** @param afterSeconds - when to try again */
export function queueFull(afterSeconds: number | string = RETRY_AFTER_SECONDS): HttpProblem {
  return tooMany('RES_005_QUEUE_FULL', afterSeconds);
}

/** The same where `enforcement_mode` is REJECT and the global limit is full (Rule 7). */
export function concurrencyLimit(afterSeconds: number | string = RETRY_AFTER_SECONDS): HttpProblem {
  return tooMany('RES_007_CONCURRENCY_LIMIT', afterSeconds);
}

function tooMany(code: ErrorCode, afterSeconds: number | string): HttpProblem {
  return new HttpProblem(429, code, {
    detail: `Nothing was started; try again in ${String(afterSeconds)} seconds.`,
    headers: { 'retry-after': String(afterSeconds) },
  });
}

/**
 * A resource is exhausted: what is done about it keeps the request out, or Redis has no memory for it.
 *
 * @param afterSeconds - when to try again
 */
export function exhausted(
  code: ExhaustionCode,
  afterSeconds: number | string = RETRY_AFTER_SECONDS,
): HttpProblem {
  return new HttpProblem(503, code, {
    detail: `Nothing was done: this is refused until the resource recovers. Try again in ${String(afterSeconds)} seconds.`,
    headers: { 'retry-after': String(afterSeconds) },
  });
}

/** @param problems - every field that is wrong */
export function invalid(status: 400 | 422, problems: readonly Problem[], detail?: string): HttpProblem {
  return new HttpProblem(status, 'API_001_VALIDATION_FAILED', {
    problems,
    ...(detail === undefined ? {} : { detail }),
  });
}

export function problemDetails(problem: HttpProblem, requestId: string): ProblemDetails {
  return {
    type: `urn:phi:error:${problem.code}`,
    title: findErrorCode(problem.code)?.message ?? problem.code,
    status: problem.status,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    instance: requestId,
    code: problem.code,
    ...(problem.problems.length === 0 ? {} : { problems: [...problem.problems] }),
  };
}
