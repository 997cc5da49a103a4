import { generatedId, type ExecutionRecord } from '@phi/core';
import type { Services } from '@phi/engine';
import * as z from 'zod';

import { notFound } from '../http/not-found.js';

/** Path parameters of the routes of one execution. */
export const executionParams = z.strictObject({ execution_id: generatedId });

/** @throws HttpProblem 404 */
export async function findExecution(services: Services, executionId: string): Promise<ExecutionRecord> {
  const record = await services.executions.get(executionId);
  if (record === undefined) throw notFound('execution', executionId);
  return record;
}
