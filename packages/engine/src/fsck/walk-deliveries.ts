import { findingOf, isTerminal, type ExecutionStatus, type QueuedDelivery } from '@phi/core';

import { deliverAgain } from '../move-due.js';
import type { Services } from '../services.js';
import { unlessUnreadable } from '../unless-unreadable.js';
import type { Walk, WalkContext } from './walk.js';

/** What nobody has claimed or delivered again for so long is forgotten: its claim deadline is looked at every second. */
const FORGOTTEN_AFTER_MS = 60_000;
const OVERDUE_AT_ONCE = 200;

/** Invariant 7: what BullMQ holds against the executions, and the admitted against what BullMQ holds. */
export const walkDeliveries: Walk = {
  name: 'deliveries',
  invariants: [7],

  async step(context, position) {
    const { services } = context;
    const pools = await services.limits.poolNames();
    const [cursor, removedBefore] = position?.split(' ') ?? [];
    const { deliveries, next_cursor } = await services.delivery.list(
      pools,
      cursor,
      Number(removedBefore ?? 0),
    );
    const { removed } = await checkDeliveries(context, deliveries);
    if (next_cursor !== undefined) return `${next_cursor} ${String(removed)}`;
    await checkAdmitted(context);
    return undefined;
  },
};

/**
 * Deliveries of executions that are not there. The record is written before its delivery, so that one which is missing afterwards is
 * missing for good.
 *
 * @returns how many were removed; and what may go as well, without being a finding: nobody takes it who would not drop it
 */
export async function checkDeliveries(
  { services, repair, tally }: WalkContext,
  deliveries: readonly QueuedDelivery[],
): Promise<{ readonly removed: number; readonly spent: readonly QueuedDelivery[] }> {
  const spent: QueuedDelivery[] = [];
  let removed = 0;
  tally.count([7], deliveries.length);
  const records = await services.executions.getMany(deliveries.map(({ execution_id }) => execution_id));
  const states = new Map(records.map(({ execution_id, status }) => [execution_id, status]));
  for (const delivery of deliveries) {
    const state = states.get(delivery.execution_id) ?? (await stateOf(services, delivery.execution_id));
    if (state !== 'UNKNOWN') {
      if (state !== 'UNREADABLE' && (isTerminal(state) || state === 'PENDING')) spent.push(delivery);
      continue;
    }
    const repaired = repair && (await services.delivery.remove(delivery));
    if (repaired) {
      removed++;
      await services.integrity.countRepair('DELIVERY_UNKNOWN');
    }
    const detail = `is ${delivery.state} in ${delivery.queue}, and its execution has no record`;
    tally.add([findingOf('DELIVERY_UNKNOWN', { kind: 'delivery', id: delivery.id }, detail, repaired)]);
  }
  return { removed, spent };
}

/** Of an execution that is not among many that were read: one that cannot be read may well be there. */
async function stateOf(
  { executions }: Services,
  executionId: string,
): Promise<ExecutionStatus | 'UNKNOWN' | 'UNREADABLE'> {
  const record = await unlessUnreadable(executions.get(executionId));
  return record === 'UNREADABLE' ? record : (record?.status ?? 'UNKNOWN');
}

/** Admitted executions that nobody has claimed, and nobody brings to an executor. */
async function checkAdmitted({ services, repair, tally }: WalkContext): Promise<void> {
  const overdue = await services.claims.overdue(FORGOTTEN_AFTER_MS, OVERDUE_AT_ONCE);
  tally.count([7], overdue.length);
  const deliveries = await services.claims.deliveries(overdue);
  for (const delivery of deliveries) {
    if (await services.delivery.isWaiting(delivery)) continue;
    const again = repair ? await deliverAgain(services, [delivery.execution_id]) : 0;
    if (again > 0) await services.integrity.countRepair('DELIVERY_MISSING');
    const subject = { kind: 'execution', id: delivery.execution_id } as const;
    const detail =
      'is admitted, was not claimed by its deadline a minute ago, and is not on its way to an executor';
    tally.add([findingOf('DELIVERY_MISSING', subject, detail, again > 0)]);
  }
}
