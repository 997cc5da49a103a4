import type { Services } from './services.js';

/** Executions moved on in one round. */
const ROUND = 200;

/** Queues every retry whose backoff is over. @returns how many were queued */
export async function promoteRetries(services: Services): Promise<number> {
  return moveDue(services, 'delayed', (execution_id) => ({
    event: 'ENQUEUE',
    execution_id,
    actor: 'scheduler',
  }));
}

/** Cancels every execution that has waited too long for an upstream (Rule 2). @returns how many were cancelled */
export async function expireDependencies(services: Services): Promise<number> {
  return moveDue(services, 'dependency_deadlines', (execution_id) => ({
    event: 'ABANDON',
    execution_id,
    actor: 'scheduler',
    reason: DEPENDENCY_TIMEOUT,
  }));
}

const DEPENDENCY_TIMEOUT = 'DEP_003_TIMEOUT';

async function moveDue(
  services: Services,
  timer: 'delayed' | 'dependency_deadlines',
  command: (executionId: string) => {
    event: 'ENQUEUE' | 'ABANDON';
    execution_id: string;
    actor: string;
    reason?: string;
  },
): Promise<number> {
  const due = await services.executions.due(timer, ROUND);
  const results = await Promise.all(
    due.map((executionId) => services.executions.transition(command(executionId))),
  );
  return results.filter((result) => result.ok).length;
}

/** Carries on releases and admissions that met a bound in their script. */
export async function carryOn(services: Services): Promise<void> {
  let more = true;
  while (more) more = await services.executions.advance();
}

/** Delivers admitted executions again that nobody has claimed and that BullMQ does not hold any more. */
export async function redeliverUnclaimed(services: Services): Promise<number> {
  return deliverAgain(services, await services.executions.due('admitted', ROUND));
}

/**
 * Gives admitted executions past their claim deadline another, and delivers those again that do not wait in BullMQ: whatever has
 * become of their delivery, gone or taken by a worker that died.
 *
 * @returns how many were delivered
 */
export async function deliverAgain(services: Services, overdue: readonly string[]): Promise<number> {
  const deliveries = await services.claims.deliveries(overdue);
  const fates = await Promise.all(
    deliveries.map(
      async (delivery) =>
        [delivery.execution_id, (await services.delivery.isWaiting(delivery)) ? 'wait' : 'again'] as const,
    ),
  );
  const again = await services.claims.renew(new Map(fates));
  if (again.length > 0) await services.delivery.deliver(again);
  return again.length;
}
