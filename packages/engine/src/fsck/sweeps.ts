import { INVARIANT_NUMBERS, type Finding } from '@phi/core';

import type { Services } from '../services.js';
import { checkExecutions } from './check-executions.js';
import { checkPart } from './check-part.js';
import { FsckTally, tellFindings } from './fsck-report.js';
import type { WalkContext } from './walk.js';
import { checkDeliveries } from './walk-deliveries.js';

/** What a tick of a sweep came to. */
export interface SweepTick {
  /** What was found, and repaired where it can be. */
  readonly findings: readonly Finding[];
  /** Where the next tick begins; absent where a round is complete. */
  readonly next_cursor?: string;
}

/** A part of what `fsck --repair` does, a page in each tick. @param cursor - of the tick before */
export type IntegritySweep = (services: Services, cursor: string | undefined) => Promise<SweepTick>;

/** What is open has somebody who moves it on: stuck COMPLETING among it, and what is queued nowhere. */
export const sweepOpenExecutions: IntegritySweep = (services, cursor) =>
  repairing(services, async (context) => {
    const { found, next_cursor } = await services.integrity.members('active', cursor);
    await checkExecutions(context, found);
    return next_cursor;
  });

/** Limits whose slots are looked at in a tick. */
const LIMITS_AT_ONCE = 100;

/** Slots of what does not run any more. */
export const sweepSlots: IntegritySweep = (services, cursor = '0') =>
  repairing(services, async (context) => {
    const [limits, pools] = await Promise.all([services.limits.all(), services.limits.poolNames()]);
    const sets = new Set(['global', ...limits.keys(), ...pools.map((pool) => `pool:${pool}`)]);
    const next = Number(cursor) + LIMITS_AT_ONCE;
    for (const set of [...sets].sort().slice(Number(cursor), next)) await checkSlots(context, `slots:${set}`);
    return next < sets.size ? String(next) : undefined;
  });

async function checkSlots(context: WalkContext, key: string): Promise<void> {
  let cursor: string | undefined;
  do {
    const { found, next_cursor } = await context.services.integrity.members(key, cursor);
    await checkPart(context, 'entries', found, { invariants: [3], before: key });
    cursor = next_cursor;
  } while (cursor !== undefined);
}

/** Deliveries that nobody can use: those of executions that have ended, or are not there. */
export const sweepDeliveries: IntegritySweep = (services, cursor) =>
  repairing(services, async (context) => {
    const pools = await services.limits.poolNames();
    const { deliveries, next_cursor } = await services.delivery.list(pools, cursor);
    // An executor would take it and drop it; where none serves the pool, it would lie there for good.
    const { spent } = await checkDeliveries(context, deliveries);
    for (const delivery of spent) await services.delivery.remove(delivery);
    return next_cursor;
  });

async function repairing(
  services: Services,
  look: (context: WalkContext) => Promise<string | undefined>,
): Promise<SweepTick> {
  const tally = new FsckTally(new Set(INVARIANT_NUMBERS));
  const next_cursor = await look({ services, repair: true, tally });
  const { findings } = tally;
  // What cannot be repaired is told by whoever asks for it, not in every round.
  tellFindings(
    services.alerts,
    findings.filter(({ repaired }) => repaired),
  );
  return next_cursor === undefined ? { findings } : { findings, next_cursor };
}
