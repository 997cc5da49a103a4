import type { ExecutionRecord } from '@phi/core';

/** Of an attempt that was lost with its executor: its reason. */
export const LOST = 'EXEC_012_EXECUTOR_LOST';

/** The first attempt's id. */
export function chainOf({ execution_id, parent_execution_id }: ExecutionRecord): string {
  return parent_execution_id ?? execution_id;
}

/** Attempts by chain, in their order. */
export function chainsOf(
  executions: readonly ExecutionRecord[],
): ReadonlyMap<string, readonly ExecutionRecord[]> {
  const chains = grouped(executions, chainOf);
  return new Map(
    [...chains].map(([id, attempts]) => [
      id,
      attempts.toSorted((a, b) => a.attempt_number - b.attempt_number),
    ]),
  );
}

export function grouped<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

export const idsOf = (records: readonly ExecutionRecord[]): readonly string[] =>
  records.map(({ execution_id }) => execution_id);

/** When an event happened to it the first time, in epoch milliseconds. */
export function timeOf({ history }: ExecutionRecord, event: string): number | undefined {
  return history.find((entry) => entry.event === event)?.time;
}

/** What of a record is evidence: the rest can be looked up. */
export function summary(record: ExecutionRecord): object {
  const { execution_id, job_id, run_id, pass, status, reason, attempt_number, history } = record;
  return { execution_id, job_id, run_id, pass, status, reason, attempt_number, history };
}
