import type { LedgerVerdict, SweptMark } from '@phi/core';

import type { Services } from './services.js';
import { verifySchedule, type VerifiedSchedule } from './verify-schedule.js';

/** Where a round over all schedules has come to. */
export interface SweepPosition {
  /** Asks the store for what follows; absent where nothing does. */
  readonly next_cursor?: string;
  readonly pending: readonly string[];
  /** Visited, with more to verify. */
  readonly unfinished: readonly string[];
}

export interface SweepOptions {
  /** How many fire times to compute, about. */
  readonly budget: number;
  /** From the slice before; absent where a round begins. */
  readonly position?: SweepPosition;
}

export interface SweepReport {
  /** What is new, by schedule. */
  readonly found: ReadonlyMap<string, string>;
  /** Schedules that add up again. */
  readonly gone: readonly string[];
  readonly visited: number;
  /** Absent where the round is complete. */
  readonly position?: SweepPosition;
}

/** What a visit costs beside computing fire times: reading takes as long as so many of them. */
const VISIT_COST = 20;
const VISITS_AT_ONCE = 20;

/**
 * Verifies the ledgers of the schedules, a slice at a time, each fire time once (docs/adr/0008-tick-ledger.md). A hole is
 * recorded for the health status; what has one is looked at in every slice, so that it is gone as soon as it adds up.
 */
export async function sweepLedgers(services: Services, options: SweepOptions): Promise<SweepReport> {
  const known = await services.schedules.holes();
  const sweep = new Slice(services, known, options.budget);
  await sweep.visitAll([...known.keys()]);
  let position: SweepPosition | undefined = options.position ?? (await firstPage(services));
  while (position !== undefined && sweep.left > 0) {
    const unfinished = await sweep.visitAll(position.pending.slice(0, VISITS_AT_ONCE));
    position = await goOn(services, {
      ...position,
      pending: position.pending.slice(VISITS_AT_ONCE),
      unfinished: [...position.unfinished, ...unfinished],
    });
  }
  return { ...sweep.report(), ...(position === undefined ? {} : { position }) };
}

async function firstPage(services: Services): Promise<SweepPosition> {
  const { ids, ...next } = await services.schedules.listIds();
  return { ...next, pending: ids, unfinished: [] };
}

/** What has more to verify comes once a page, so that the others are not kept waiting for it. */
async function goOn(services: Services, position: SweepPosition): Promise<SweepPosition | undefined> {
  const { next_cursor, pending, unfinished } = position;
  if (pending.length > 0) return position;
  if (next_cursor === undefined)
    return unfinished.length === 0 ? undefined : { pending: unfinished, unfinished: [] };
  const { ids, ...next } = await services.schedules.listIds(next_cursor);
  return { ...next, pending: [...ids, ...unfinished], unfinished: [] };
}

class Slice {
  private readonly found = new Map<string, string>();
  private readonly gone = new Set<string>();
  private visited = 0;

  constructor(
    private readonly services: Services,
    private readonly known: ReadonlyMap<string, string>,
    public left: number,
  ) {}

  report(): SweepReport {
    return { found: this.found, gone: [...this.gone], visited: this.visited };
  }

  /** @returns those with more to verify */
  async visitAll(ids: readonly string[]): Promise<string[]> {
    const verdicts = await Promise.all(ids.map((id) => this.visit(id)));
    return ids.filter((_, index) => verdicts[index]?.complete === false);
  }

  private async visit(scheduleId: string): Promise<LedgerVerdict> {
    const verified = await verifySchedule(this.services, scheduleId);
    this.visited += 1;
    this.left -= VISIT_COST + verified.verdict.computed;
    await this.record(scheduleId, verified);
    return verified.verdict;
  }

  private async record(scheduleId: string, { verdict, recorded }: VerifiedSchedule): Promise<void> {
    const known = this.known.get(scheduleId);
    // What was not come to yet stays as it is known.
    const hole = verdict.complete ? verdict.hole : known;
    if (hole === known && isSame(verdict.swept, recorded)) return;
    await this.services.schedules.recordSweep(scheduleId, verdict.swept, hole);
    if (hole !== undefined && hole !== known) this.found.set(scheduleId, hole);
    if (hole === undefined && known !== undefined) this.gone.add(scheduleId);
  }
}

function isSame(a: SweptMark | undefined, b: SweptMark | undefined): boolean {
  return a?.first_ms === b?.first_ms && a?.last_ms === b?.last_ms && a?.count === b?.count;
}
