import type { RerunResult } from '@phi/engine';

import { exhausted, HttpProblem, invalid, queueFull } from '../http/http-problem.js';
import { notFound } from '../http/not-found.js';

/** Why a run was not run again. @param from - the jobs that were asked for */
export function rerunProblem(
  result: Extract<RerunResult, { ok: false }>,
  runId: string,
  from: readonly string[],
): HttpProblem {
  switch (result.refusal) {
    case 'UNKNOWN_RUN':
      return notFound('run', runId);
    case 'UNKNOWN_JOB':
      return invalid(
        422,
        result.jobs.map((job) => ({
          field: `from[${String(from.indexOf(job))}]`,
          reason: 'has no execution in this run',
          accepted: 'jobs of the run',
          value: job,
        })),
      );
    case 'JOB_GONE':
      return invalid(
        422,
        result.jobs.map((job) => ({
          field: 'definition',
          reason: `${job} is not registered any more, or not behind the first job of the run`,
          accepted: 'THEN, or the job registered again',
          value: job,
        })),
      );
    case 'NOTHING_FAILED':
      return conflict(
        'Nothing of the run failed or was cancelled by hand; name the jobs to run again in `from`.',
      );
    case 'RUN_AGAIN':
      return conflict(
        `Its job was run again since, as ${result.execution_id}, which is ${result.status}; nothing was changed.`,
      );
    case 'OPEN':
      return conflict('A job to be run again has not ended; wait for it or cancel it.');
    case 'STALE_PASS':
      return conflict('Others run the run again as well. Nothing was started; try again.');
    case 'UNKNOWN_PLAN':
    case 'UNKNOWN_EXECUTION':
      return conflict(
        'The run is too old: its plan or its executions are not kept any more. Start a new one.',
      );
    case 'QUEUE_FULL':
      return queueFull();
    case 'EXHAUSTED':
      return exhausted(result.reason);
    case 'UPGRADE_REQUIRED':
      return new HttpProblem(503, 'API_008_UPGRADE_REQUIRED');
    case 'CORRUPT_RECORD':
      return new HttpProblem(500, 'STATE_002_QUEUE_STATE_CORRUPT');
  }
}

function conflict(detail: string): HttpProblem {
  return new HttpProblem(409, 'API_003_CONFLICT', { detail });
}
