import { poolNames, removePool } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { HttpProblem } from '../http/http-problem.js';
import { notFoundAmong } from '../http/not-found.js';
import { poolParams } from './pool-params.js';

/** Jobs that a refusal names. */
const JOBS_NAMED_AT_MOST = 10;

/** DELETE /v1/pools/{name}: forgets a pool that no registered job names. */
export function deletePool(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Forget a pool that no registered job names',
    params: poolParams,
    response: { 200: z.strictObject({ removed: z.string() }) },
  };
  app.delete('/v1/pools/:name', { config: { permission: 'config:write' }, schema }, async (request) => {
    const { name } = request.params;
    const result = await removePool(services, name);
    if (!result.ok && result.refusal === 'UNKNOWN_POOL')
      throw notFoundAmong('pool', 'name', name, await poolNames(services));
    if (!result.ok && result.refusal === 'IN_USE') throw inUse(name, result.job_ids);
    if (!result.ok) {
      throw new HttpProblem(409, 'API_003_CONFLICT', {
        detail: 'The jobs were changed by others all the while. Nothing was changed; try again.',
      });
    }
    request.log.info({ pool: name, actor: callerOf(request).name }, 'pool removed');
    return { removed: name };
  });
}

function inUse(name: string, jobIds: readonly string[]): HttpProblem {
  const named = jobIds.slice(0, JOBS_NAMED_AT_MOST).join(', ');
  const more =
    jobIds.length > JOBS_NAMED_AT_MOST ? `, and ${String(jobIds.length - JOBS_NAMED_AT_MOST)} more` : '';
  return new HttpProblem(409, 'API_003_CONFLICT', {
    detail: `The pool ${name} is named by registered jobs: ${named}${more}. Nothing was changed.`,
    problems: [
      {
        field: 'name',
        reason: 'is named by registered jobs',
        accepted: 'a pool that no job names',
        value: name,
      },
    ],
  });
}
