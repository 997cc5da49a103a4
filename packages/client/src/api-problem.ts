import type { Problem, ProblemDetails } from '@phi/core';

import { parseJson, type ApiAnswer } from './exchange.js';

/** The API refused: its problem details (RFC 9457), as far as it gave any. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  /** HTTP status. */
  readonly status: number;
  /** Error code such as API_002_NOT_FOUND; see docs/errors.md. */
  readonly code: string | undefined;
  /** Every field that is wrong. */
  readonly problems: readonly Problem[];
  /** What the API says about when to come again, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  /** @param what - the request, for the message */
  constructor(what: string, answer: ApiAnswer) {
    const details = readDetails(answer.text);
    super(`${what}: ${String(answer.status)} ${describe(details, answer.text)}`);
    this.status = answer.status;
    this.code = details.code;
    this.problems = details.problems ?? [];
    this.retryAfterMs = readRetryAfter(answer.headers.get('retry-after'));
  }
}

/** An answer need not come from Phi: a proxy's has none of it. */
function readDetails(text: string): Partial<ProblemDetails> {
  const parsed = parseJson(text);
  if (typeof parsed !== 'object' || parsed === null) return {};
  const { code, title, detail, problems } = parsed as Partial<Record<keyof ProblemDetails, unknown>>;
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof detail === 'string' ? { detail } : {}),
    ...(Array.isArray(problems) ? { problems: problems.filter(isProblem) } : {}),
  };
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const { field, reason } = value as Partial<Problem>;
  return typeof field === 'string' && typeof reason === 'string';
}

const TEXT_LENGTH = 200;

function describe({ code, title, detail, problems = [] }: Partial<ProblemDetails>, text: string): string {
  const words = detail ?? title ?? text.slice(0, TEXT_LENGTH);
  const fields = problems.map(({ field, reason }) => `${field} ${reason}`);
  return [code, words, ...fields].filter((part) => part !== undefined && part !== '').join('; ');
}

/** Seconds; the other form of the header, a date, is not sent by Phi and would need its clock. */
function readRetryAfter(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}
