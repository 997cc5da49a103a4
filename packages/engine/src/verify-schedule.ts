import {
  jobsOfEntries,
  PhiError,
  reachesSwept,
  verifyLedger,
  type JobDefinition,
  type LedgerReading,
  type LedgerVerdict,
  type Schedule,
  type SweptMark,
} from '@phi/core';

import { evaluableSchedule } from './evaluable-schedule.js';
import type { Services } from './services.js';

export interface VerifiedSchedule {
  readonly verdict: LedgerVerdict;
  /** How far its ledger had been verified before. */
  readonly recorded?: SweptMark;
}

/** Fire times computed in one go: other work must not wait for them. */
const TIMES_AT_ONCE = 500;
/** Entries of a ledger that are read at first; most schedules go on where they were. */
const LATEST = 20;

/**
 * Verifies the ledger of a schedule from where that last came to. What it goes by is read at one instant, so that no
 * scheduler that settles meanwhile looks like a hole.
 */
export async function verifySchedule(services: Services, scheduleId: string): Promise<VerifiedSchedule> {
  const reading = await readLedger(services, scheduleId).catch(unreadable);
  if (reading === undefined) return { verdict: { complete: true, computed: 0 } };
  if ('complete' in reading) return { verdict: reading };
  const timings = await timingsOf(services, reading);
  const timingOf = (jobId: string, revision: number): Schedule | undefined =>
    timings.get(keyOf(jobId, revision));
  const verdict = verifyLedger({ ...reading, timingOf }, TIMES_AT_ONCE);
  return reading.swept === undefined ? { verdict } : { verdict, recorded: reading.swept };
}

async function readLedger(services: Services, scheduleId: string): Promise<LedgerReading | undefined> {
  const latest = await services.schedules.readLedger(scheduleId, LATEST);
  if (latest === undefined || reachesSwept(latest)) return latest;
  return services.schedules.readLedger(scheduleId, Number.MAX_SAFE_INTEGER);
}

/** @throws what is not about the ledger itself */
function unreadable(error: unknown): LedgerVerdict {
  if (!(error instanceof PhiError) || error.code !== 'STATE_002_QUEUE_STATE_CORRUPT') throw error;
  return { hole: error.message, complete: true, computed: 0 };
}

/** The schedules that the configurations of a ledger are of, save those that are gone or cannot be evaluated here. */
async function timingsOf(
  services: Services,
  { entries, state }: LedgerReading,
): Promise<ReadonlyMap<string, Schedule>> {
  const jobs = jobsOfEntries(entries, state.job_id);
  const wanted = new Map<string, Promise<Schedule | undefined>>();
  for (const [index, entry] of entries.entries()) {
    if (entry.kind === 'END') continue;
    const jobId = jobs[index] ?? state.job_id;
    const key = keyOf(jobId, entry.revision);
    if (!wanted.has(key)) wanted.set(key, scheduleAt(services, jobId, entry.revision));
  }
  const read = await Promise.all([...wanted].map(async ([key, schedule]) => [key, await schedule] as const));
  return new Map(read.flatMap(([key, schedule]) => (schedule === undefined ? [] : [[key, schedule]])));
}

/** Read anew each time: kept, the definitions of all schedules would fill the memory of who only looks in now and then. */
async function scheduleAt(
  services: Services,
  jobId: string,
  revision: number,
): Promise<Schedule | undefined> {
  const registration = await services.jobs.revision(jobId, revision);
  if (registration === undefined) return undefined;
  return evaluableSchedule(JSON.parse(registration.definition) as JobDefinition, registration.time);
}

function keyOf(jobId: string, revision: number): string {
  return `${jobId}@${String(revision)}`;
}
