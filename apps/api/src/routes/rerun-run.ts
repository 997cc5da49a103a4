import { generatedId, idempotencyKey, identifier } from '@phi/core';
import { rerunRun as rerun, type RerunResult } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { exhausted, HttpProblem, invalid, queueFull } from '../http/http-problem.js';
import { notFound } from '../http/not-found.js';
import { cancelReason as reason } from './cancelled-view.js';

const body = z.strictObject({
  from: z
    .array(identifier)
    .min(1)
    .max(1000)
    .optional()
    .describe('Jobs to run again. Default: those that failed, timed out or were cancelled by hand.'),
  reason,
  idempotency_key: idempotencyKey
    .optional()
    .describe('The same key opens one pass, however often it is sent.'),
});

const answer = z.strictObject({
  run_id: z.string(),
  pass: z.int().describe('The number of the pass that this opened; a run begins with pass 1.'),
  from: z.array(z.string()).describe('Jobs that run again at once.'),
  after: z.array(z.string()).describe('Jobs after them that have not run, and run if it comes to them.'),
});

/** POST /v1/runs/{run_id}/rerun: runs jobs of a run again and carries on what comes after them (design: Lifecycle). */
export function rerunRun(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Run a run again from what failed',
    params: z.strictObject({ run_id: generatedId }),
    body: body.nullish(),
    response: { 201: answer },
  };
  app.post(
    '/v1/runs/:run_id/rerun',
    { config: { permission: 'executions:trigger' }, schema },
    async (request, reply) => {
      const { run_id } = request.params;
      const { from, reason: detail, idempotency_key } = request.body ?? {};
      const actor = callerOf(request).name;
      const result = await rerun(services, { run_id, from, detail, idempotency_key, actor });
      if (!result.ok) throw refusalOf(result, run_id, from ?? []);
      return reply
        .code(201)
        .send({ run_id, pass: result.pass, from: [...result.from], after: [...result.after] });
    },
  );
}

function refusalOf(
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
    case 'NOTHING_FAILED':
      return conflict(
        'Nothing of the run failed or was cancelled by hand; name the jobs to run again in `from`.',
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
