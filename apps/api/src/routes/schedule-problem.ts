import { findErrorCode, PhiError } from '@phi/core';

import { HttpProblem } from '../http/http-problem.js';

/** What a schedule is answered with that this process cannot evaluate; undefined for every other error. */
export function schedulingProblem(error: unknown): HttpProblem | undefined {
  if (!(error instanceof PhiError) || !error.code.startsWith('SCHED_')) return undefined;
  const code = findErrorCode(error.code)?.code ?? 'SCHED_006_EVALUATION_FAILED';
  return new HttpProblem(409, code, {
    detail: `The schedule cannot be evaluated: ${error.message}. Nothing was changed.`,
  });
}
