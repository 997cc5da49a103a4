import { isTerminal } from '@phi/core';

import type { Dump } from '../witness/dump.js';
import { grouped, idsOf, summary } from './chains.js';
import { violationOf, type Check, type Violation } from './check.js';

/** Every accepted execution is in exactly one state, and reaches exactly one terminal state. */
export const oneTerminalState: Check = (dump) => [
  ...hanging(dump),
  ...missing(dump),
  ...severalForOneKey(dump),
  ...brokenCancellations(dump),
  ...retriedTwice(dump),
];

const violation = violationOf(1);

function hanging({ executions, explanations }: Dump): Violation[] {
  return executions
    .filter(({ status }) => !isTerminal(status))
    .map((record) =>
      violation('did not end', [record.execution_id], {
        record: summary(record),
        explanation: explanations.get(record.execution_id),
      }),
    );
}

function missing({ told, executions }: Dump): Violation[] {
  const known = new Set(idsOf(executions));
  return told
    .filter(
      (entry) => entry.what === 'unknown' || (entry.what === 'triggered' && !known.has(entry.execution_id)),
    )
    .map((entry) => violation('was accepted and does not exist', [], entry));
}

function severalForOneKey({ told, executions }: Dump): Violation[] {
  const triggered = told.flatMap((entry) => (entry.what === 'triggered' ? [entry] : []));
  return [...grouped(triggered, ({ job_id, key }) => `${job_id} ${key}`)].flatMap(([about, answers]) => {
    const [{ job_id, key } = { job_id: '', key: '' }] = answers;
    const found = executions.filter(
      (record) =>
        record.job_id === job_id &&
        record.trigger_id === key &&
        record.attempt_number === 1 &&
        record.pass === 1,
    );
    const ids = new Set([...answers.map(({ execution_id }) => execution_id), ...idsOf(found)]);
    const created = answers.filter((answer) => answer.created).length;
    return ids.size === 1 && created <= 1
      ? []
      : [violation(`${about} led to more than one execution`, [...ids], answers)];
  });
}

function brokenCancellations({ told, executions }: Dump): Violation[] {
  const byId = new Map(executions.map((record) => [record.execution_id, record]));
  return told.flatMap((entry) => {
    if (entry.what !== 'cancelled') return [];
    const record = byId.get(entry.execution_id);
    const allowed = entry.status === 'CANCELLED' ? ['CANCELLED'] : ['CANCELLED', 'COMPLETED'];
    if (record !== undefined && (allowed.includes(record.status) || !isTerminal(record.status))) return [];
    return [
      violation(`was said to be ${entry.status} by a cancellation and is not`, [entry.execution_id], {
        entry,
        record: record && summary(record),
      }),
    ];
  });
}

function retriedTwice({ told }: Dump): Violation[] {
  const retried = told.flatMap((entry) => (entry.what === 'retried' ? [entry] : []));
  return [...grouped(retried, ({ execution_id }) => execution_id)].flatMap(([id, answers]) =>
    new Set(answers.map(({ pass }) => pass)).size === 1
      ? []
      : [violation('a dead letter was retried more than once', [id], answers)],
  );
}
