import { poolSchema as settingsSchema } from '@phi/core';
import type { PoolDetailView, PoolQueueView, PoolView } from '@phi/engine';
import * as z from 'zod';

const { name, pool_concurrency_limit, paused, dedicated, ...amounts } = settingsSchema.shape;
const sums = z.strictObject(amounts);

/** A pool as the API shows it. */
export const poolSchema = z.strictObject({
  name,
  pool_concurrency_limit,
  ...amounts,
  paused,
  dedicated,
  is_known: z
    .boolean()
    .describe('Whether it has settings of its own; only of such a pool it is known what is held.'),
  held: z.int().nullable().describe('How many executions hold a slot of it.'),
  reserved: sums.nullable().describe('What those request in sum.'),
  waiting: z.int().describe('How many executions wait for it.'),
  executors: z.array(z.string()).describe('The executors that serve it.'),
  named_by: z
    .array(z.string())
    .describe('Executors that name it although it is not dedicated: nothing of it comes to them by that.'),
});

const queueSchema = z.strictObject({
  job_id: z.string(),
  waiting: z.int(),
  execution_id: z.string().describe('The one that comes first.'),
  request: sums.nullable(),
  parked_on: z
    .string()
    .nullable()
    .describe(
      'What it waits for: a limit; window:<job_id>; paused:<pool>; amounts:<pool>, the capacity of the pool; room, an executor with room; null, its turn.',
    ),
  is_unplaceable: z
    .boolean()
    .describe('It requests more than the pool or any executor that serves it has (RES_006_UNPLACEABLE).'),
});

export const poolDetailSchema = poolSchema.extend({
  holders: z.array(z.string()).describe('Executions that hold a slot of it, at most 100.'),
  queue: z.array(queueSchema).describe('What waits for it, by job; at most 100.'),
  jobs: z.array(z.string()).describe('Registered jobs that name it.'),
});

export function viewPoolRow(pool: PoolView): z.infer<typeof poolSchema> {
  return { ...pool, executors: [...pool.executors], named_by: [...pool.named_by] };
}

export function viewPoolDetail({
  holders,
  queue,
  jobs,
  ...pool
}: PoolDetailView): z.infer<typeof poolDetailSchema> {
  return { ...viewPoolRow(pool), holders: [...holders], queue: queue.map(viewQueue), jobs: [...jobs] };
}

function viewQueue(lane: PoolQueueView): z.infer<typeof queueSchema> {
  return { ...lane, request: lane.request ?? null, parked_on: lane.parked_on ?? null };
}
