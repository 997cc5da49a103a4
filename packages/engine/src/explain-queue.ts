import {
  estimateStart,
  priorityScheduling,
  type ExecutionRecord,
  type ExecutorRecord,
  type ExplainedHold,
  type Explanation,
  type HoldKind,
  type LimitStanding,
  type QueueStanding,
} from '@phi/core';

import { durationInWords } from './in-words.js';
import type { Services } from './services.js';
import { usualDuration } from './usual-duration.js';
import { usualDurations } from './usual-durations.js';

/** What a queued execution is explained from. */
export interface QueueFacts {
  readonly record: ExecutionRecord;
  readonly now: number;
  readonly queue: QueueStanding;
  readonly executors: readonly ExecutorRecord[];
  readonly holds: readonly ExplainedHold[];
}

/** How an execution stands in the queue, and when it may start (specification: Rules 5, 6 and 7). */
export async function explainQueue(
  services: Services,
  facts: QueueFacts,
): Promise<NonNullable<Explanation['queue']>> {
  const { record, now, queue, executors } = facts;
  const admitted = queue.delivered_ms !== undefined;
  const queued_ms = record.queued_time ?? record.created_time;
  return {
    admitted,
    place: admitted ? null : queue.before_in_lane + 1,
    before: queue.before_in_lane + queue.before_in_others,
    before_is_exact: queue.is_exact,
    priority: priorityScheduling(
      { priority: record.priority, queued_ms, ages: record.static_priority !== true },
      now,
    ),
    ...(await estimate(services, facts)),
    times_out: record.queue_deadline === undefined ? null : new Date(record.queue_deadline).toISOString(),
    executors: executors.map(({ executor_id }) => executor_id),
  };
}

type Estimate = Pick<NonNullable<Explanation['queue']>, 'estimated_start' | 'estimate_because'>;

const unknown = (estimate_because: string): Estimate => ({ estimated_start: null, estimate_because });

/** What a slot is waited for by: then the holders say when. */
const SLOT_KINDS: ReadonlySet<HoldKind> = new Set(['LIMIT', 'GLOBAL_LIMIT', 'PLACES']);

async function estimate(services: Services, facts: QueueFacts): Promise<Estimate> {
  const [first] = facts.holds;
  if (first === undefined) return unknown('nothing holds it: it is admitted with the next call');
  if (first.kind === 'WINDOW' && first.until !== null)
    return { estimated_start: first.until, estimate_because: 'its window opens then' };
  if (!SLOT_KINDS.has(first.kind)) return unknown(first.because);
  const limit = limitNamed(facts.queue, first.limit?.name);
  return limit === undefined ? unknown(first.because) : estimateByHolders(services, facts, limit);
}

function limitNamed({ limits, global }: QueueStanding, name: string | undefined): LimitStanding | undefined {
  return name === 'places' ? global : [...limits, global].find((limit) => limit.name === name);
}

/** When as many slots have been given back as stand before it, and one more. */
async function estimateByHolders(
  services: Services,
  { record, now, queue }: QueueFacts,
  limit: LimitStanding,
): Promise<Estimate> {
  if (limit.held > limit.holders.length) return unknown('more hold slots than are looked at');
  if (!queue.is_exact) return unknown('more stand before it than are counted');
  const holders = await services.executions.getMany(limit.holders);
  const usual = await usualDurations(services, [...new Set(holders.map(({ job_id }) => job_id))]);
  const left = holders.map((holder) => leftOf(holder, usual.get(holder.job_id), now));
  const known = left.flatMap((ms) => ms ?? []);
  if (known.length < left.length) return unknown('how long a holder usually takes is not known yet');
  const before = queue.before_in_lane + queue.before_in_others;
  const own = before === 0 ? 0 : await usualDuration(services, record.job_id);
  if (own === undefined) return unknown('how long those before it usually take is not known yet');
  const inMs = estimateStart(known, before, own);
  if (inMs === undefined) return unknown('nobody holds a slot');
  return {
    estimated_start: new Date(now + inMs).toISOString(),
    estimate_because: `in ${durationInWords(inMs)}, from how long the holders usually take`,
  };
}

/** What has taken longer than usual may end at any moment. */
function leftOf(
  { started_time }: ExecutionRecord,
  usualMs: number | undefined,
  now: number,
): number | undefined {
  if (usualMs === undefined) return undefined;
  return started_time === undefined ? usualMs : Math.max(0, usualMs - (now - started_time));
}
