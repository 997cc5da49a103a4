import { dateTime, EXECUTION_STATUSES, generatedId, identifier, type ExecutionStatus } from '@phi/core';
import {
  CANCELLED_STATUSES,
  cancelSelection,
  RETRIED_STATUSES,
  retryExecutions,
  type BulkRequest,
  type BulkResult,
} from '@phi/engine';
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { invalid } from '../http/http-problem.js';
import { cursorOf, cursorText, nextCursor } from '../http/paging.js';
import { epochMs } from '../http/times.js';
import { cancelReason as reason } from './cancelled-view.js';
import { fingerprint } from './dead-letter-view.js';
import { retryProblem } from './retry-execution.js';

const AT_ONCE = 100;

const body = z.strictObject({
  status: z.enum(EXECUTION_STATUSES).optional(),
  job_id: identifier.optional(),
  run_id: generatedId.optional(),
  error_code: z.string().min(1).max(128).optional(),
  fingerprint: fingerprint.optional(),
  tag: z.string().min(1).max(128).optional().describe("One of the job's tags."),
  created_from: dateTime.optional().describe('Created at this time or later.'),
  created_to: dateTime.optional().describe('Created before this time.'),
  dry_run: z.boolean().default(false).describe('Only says which.'),
  limit: z.int().min(1).max(AT_ONCE).default(AT_ONCE).describe('At most so many in this call.'),
  cursor: cursorText.optional().describe('The next_cursor of the answer before.'),
  reason,
});

/** What says which executions are meant. */
const CRITERIA = [
  'status',
  'job_id',
  'run_id',
  'error_code',
  'fingerprint',
  'tag',
  'created_from',
  'created_to',
] as const;

const answer = z.strictObject({
  dry_run: z.boolean(),
  items: z.array(
    z.strictObject({
      execution_id: z.string(),
      job_id: z.string(),
      run_id: z.string(),
      outcome: z
        .enum(['WOULD', 'DONE', 'REFUSED'])
        .describe('WOULD: this was a dry run. REFUSED: nothing was changed, as `detail` says.'),
      started: z.string().optional().describe('The attempt or new execution that a retry has started.'),
      status: z.string().optional().describe('How a cancelled one stands; RUNNING: it was asked to stop.'),
      code: z.string().optional(),
      detail: z.string().optional(),
    }),
  ),
  next_cursor: nextCursor.describe('Asks for what follows, also where this answer has fewer than asked for.'),
});
type Item = z.infer<typeof answer>['items'][number];

/** POST /v1/executions/retry and POST /v1/executions/cancel: many at once, by what they have in common. */
export function bulkExecutions(app: ApiApp, { services }: ApiContext): void {
  const schema = (verb: string) => ({
    summary: `${verb} executions by filter, each with its own outcome`,
    body,
    response: { 200: answer },
  });
  app.post(
    '/v1/executions/retry',
    { config: { permission: 'executions:trigger' }, schema: schema('Retry') },
    async (request) => {
      const asked = bulkRequest(request, request.body, RETRIED_STATUSES);
      return view(asked, await retryExecutions(services, asked), (outcome, { execution_id }) => {
        if (outcome.ok) return { outcome: 'DONE', started: outcome.execution_id };
        const { code, detail } = retryProblem(outcome, execution_id);
        return { outcome: 'REFUSED', code, ...(detail === undefined ? {} : { detail }) };
      });
    },
  );
  app.post(
    '/v1/executions/cancel',
    { config: { permission: 'executions:cancel' }, schema: schema('Cancel') },
    async (request) => {
      const asked = bulkRequest(request, request.body, CANCELLED_STATUSES);
      return view(asked, await cancelSelection(services, asked), (outcome) =>
        outcome.ok
          ? { outcome: 'DONE', status: outcome.status }
          : { outcome: 'REFUSED', code: 'API_003_CONFLICT', detail: outcome.refusal },
      );
    },
  );
}

/** @throws HttpProblem 422 where nothing says which */
function bulkRequest(
  request: FastifyRequest,
  asked: z.infer<typeof body>,
  statuses: readonly ExecutionStatus[],
): BulkRequest {
  if (CRITERIA.every((name) => asked[name] === undefined))
    throw invalid(422, [
      { field: '', reason: 'says of no execution that it is meant', accepted: CRITERIA.join(', ') },
    ]);
  const { dry_run, reason: detail, status, created_from, created_to, ...selection } = asked;
  return {
    dry_run,
    detail,
    actor: callerOf(request).name,
    selection: {
      ...selection,
      statuses: status === undefined ? statuses : [status],
      created_from: epochMs(created_from),
      created_to: epochMs(created_to),
    },
  };
}

function view<Outcome>(
  { dry_run }: BulkRequest,
  result: BulkResult<Outcome>,
  describe: (
    outcome: Outcome,
    record: { readonly execution_id: string },
  ) => Omit<Item, 'execution_id' | 'job_id' | 'run_id'>,
): z.infer<typeof answer> {
  const items = result.items.map(({ record, outcome }): Item => {
    const { execution_id, job_id, run_id } = record;
    const became = outcome === undefined ? { outcome: 'WOULD' as const } : describe(outcome, record);
    return { execution_id, job_id, run_id, ...became };
  });
  return { dry_run, items, ...cursorOf(result) };
}
