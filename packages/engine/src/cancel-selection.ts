import type { CancelResult, ExecutionStatus } from '@phi/core';

import { cancelExecution } from './cancel-executions.js';
import type { BulkRequest, BulkResult } from './retry-executions.js';
import { selectExecutions } from './select-executions.js';
import type { Services } from './services.js';

/** What can be cancelled. */
export const CANCELLED_STATUSES: readonly ExecutionStatus[] = ['PENDING', 'QUEUED', 'RUNNING'];

/** Cancels every execution of a selection that is open (Rule 16), each with its own fate. `outcome` is undefined in a dry run. */
export async function cancelSelection(
  services: Services,
  { selection, dry_run, actor, detail }: BulkRequest,
): Promise<BulkResult<CancelResult>> {
  const page = await selectExecutions(
    services,
    selection,
    ({ completed_time }) => completed_time === undefined,
  );
  const request = { actor, ...(detail === undefined ? {} : { detail }) };
  const items = await Promise.all(
    page.items.map(async (record) => ({
      record,
      outcome: dry_run ? undefined : await cancelExecution(services, record.execution_id, request),
    })),
  );
  return { ...page, items };
}
