import { EXECUTION_NOTES, findTransition, type ExecutionRecord, type ExecutionStatus } from '@phi/core';

import { summary } from './chains.js';
import { violationOf, type Check } from './check.js';

const violation = violationOf(9);

/** Every transition of the history is in the transition table, and leads to where the execution is. */
export const historyLegal: Check = ({ executions }) =>
  executions.flatMap((record) => {
    const what = problemOf(record);
    return what === undefined ? [] : [violation(what, [record.execution_id], summary(record))];
  });

const NOTES: ReadonlySet<string> = new Set(EXECUTION_NOTES);

function problemOf({ history, status, revision }: ExecutionRecord): string | undefined {
  const transitions = history.filter(({ event }) => !NOTES.has(event));
  let at: ExecutionStatus | undefined;
  for (const { event } of transitions) {
    const next: ExecutionStatus | undefined =
      event === 'CREATE' ? (at === undefined ? 'PENDING' : undefined) : follow(at, event);
    if (next === undefined) return `${event} does not lead on from ${String(at)}`;
    at = next;
  }
  if (at !== status) return `its history ends ${String(at)}, and it is ${status}`;
  if (transitions.length !== revision) return 'its revision is not the number of its transitions';
  return history.some(({ time }, index) => time < (history[index - 1]?.time ?? 0))
    ? 'its history goes back in time'
    : undefined;
}

function follow(at: ExecutionStatus | undefined, event: string): ExecutionStatus | undefined {
  return at === undefined ? undefined : findTransition(at, event as Parameters<typeof findTransition>[1])?.to;
}
