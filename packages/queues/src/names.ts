/** The queue of admitted executions. */
export const EXECUTIONS_QUEUE = 'phi_executions';

/** The queue that admitted executions of a pool are in; undefined where it is not dedicated. */
export function executionsQueue(pool: string | undefined): string {
  return pool === undefined ? EXECUTIONS_QUEUE : `${EXECUTIONS_QUEUE}_${pool}`;
}

/** Manual triggers that other services add (specification: Manual Triggers). */
export const MANUAL_QUEUE = 'phi_manual';

/** Events that other services add (docs/adr/0010-events.md). */
export const EVENTS_QUEUE = 'phi_events';

/** The queues that others add to and Phi takes from. */
export const INTAKE_QUEUES = [MANUAL_QUEUE, EVENTS_QUEUE] as const;
export type IntakeQueueName = (typeof INTAKE_QUEUES)[number];

/** BullMQ's prefix where none is given. */
export const PLAIN_PREFIX = 'bull';

/** The namespace of those who name none. */
const DEFAULT_NAMESPACE = 'default';

/** BullMQ's key prefix of a namespace: its hash tag is its own, beside Phi's. */
export function queuePrefix(namespace: string): string {
  return `{phi-queues:${namespace}}`;
}

/** Where messages for a namespace may be: who adds with BullMQ alone, and no prefix, means the default namespace. */
export function intakePrefixes(namespace: string): readonly string[] {
  const own = queuePrefix(namespace);
  return namespace === DEFAULT_NAMESPACE ? [own, PLAIN_PREFIX] : [own];
}

/** What a message in the executions queue carries; the state is Phi's and not in it. */
export interface ExecutionMessage {
  readonly execution_id: string;
}

/** BullMQ drops an add whose id it knows: an execution's next delivery has the next id. */
export function deliveryId(executionId: string, delivery: number): string {
  return `${executionId}-${String(delivery)}`;
}
