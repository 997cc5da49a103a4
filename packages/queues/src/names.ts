/** The queue of admitted executions. */
export const EXECUTIONS_QUEUE = 'phi_executions';

/** BullMQ's key prefix of a namespace: its hash tag is its own, beside Phi's. */
export function queuePrefix(namespace: string): string {
  return `{phi-queues:${namespace}}`;
}

/** What a message in the executions queue carries; the state is Phi's and not in it. */
export interface ExecutionMessage {
  readonly execution_id: string;
}

/** BullMQ drops an add whose id it knows: an execution's next delivery has the next id. */
export function deliveryId(executionId: string, delivery: number): string {
  return `${executionId}-${String(delivery)}`;
}
