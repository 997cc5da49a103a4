import { isTerminal } from './status.js';
import { TRANSITIONS, type Guard } from './transitions.js';

const GUARD_TEXTS: Readonly<Record<Guard, string>> = {
  none: '–',
  fence: "the current lease's nonce",
  lease_expired: "the holder's lease has run out",
  fence_or_lease_expired: "the current lease's nonce, or that the holder's lease has run out",
};

/** docs/state-machine.md: the lifecycle as a diagram and a table, from the transition table. */
export function renderStateMachineDoc(): string {
  return [
    '<!-- Generated from packages/core/src/state/transitions.ts. Do not edit. -->',
    '',
    '# The state machine of an execution',
    '',
    'One execution is one attempt. Every change below compares the state, the revision and what the guard column',
    'names, and writes the record, its indexes, the counters, the history entry, the slots and the outbox in the',
    'same script, or nothing. Terminal states absorb.',
    '',
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> PENDING: CREATE',
    ...TRANSITIONS.map((row) => `  ${row.from} --> ${row.to}: ${row.event}`),
    ...[...new Set(TRANSITIONS.map((row) => row.to))]
      .filter(isTerminal)
      .map((status) => `  ${status} --> [*]`),
    '```',
    '',
    '| from | event | to | when | sent by | guard |',
    '| --- | --- | --- | --- | --- | --- |',
    '| – | CREATE | PENDING | a trigger was accepted, its upstream released it, or the attempt before it failed | any | idempotent by `execution_id` |',
    ...TRANSITIONS.map(
      (row) => `| ${[row.from, row.event, row.to, row.when, row.by, GUARD_TEXTS[row.guard]].join(' | ')} |`,
    ),
    '',
  ].join('\n');
}
