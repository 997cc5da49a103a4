import type { ExecutionRecord, Invariant } from '@phi/core';

import type { Dump } from '../witness/dump.js';
import type { Effect } from '../witness/effects.js';

/** A fault that is not in the scripts, planted in what the witnesses have of a sound workload: `a` saved 2, failed and was retried; then `b`. */
export interface DumpFault {
  readonly name: string;
  readonly invariant: Invariant;
  readonly plantIn: (dump: Dump) => Dump;
}

const isStart = ({ what }: Effect): boolean => what === 'start';

function changed(dump: Dump, jobId: string, change: Partial<ExecutionRecord>): Dump {
  const executions = dump.executions.map((record) =>
    record.job_id === jobId && record.attempt_number === 1 ? { ...record, ...change } : record,
  );
  return { ...dump, executions };
}

/** Adds copies of a job's first attempt with something changed. */
function copied(dump: Dump, jobId: string, changes: readonly Partial<ExecutionRecord>[]): Dump {
  const record = dump.executions.find(
    ({ job_id, attempt_number }) => job_id === jobId && attempt_number === 1,
  );
  if (record === undefined) return dump;
  return {
    ...dump,
    executions: [...dump.executions, ...changes.map((change) => ({ ...record, ...change }))],
  };
}

export const DUMP_FAULTS: readonly DumpFault[] = [
  {
    name: 'what was accepted does not exist',
    invariant: 1,
    plantIn: (dump) => ({
      ...dump,
      told: [
        ...dump.told,
        { what: 'triggered', job_id: 'a', key: 'lost', execution_id: 'lost', created: true },
      ],
    }),
  },
  {
    name: 'an execution hangs',
    invariant: 1,
    plantIn: (dump) => changed(dump, 'b', { status: 'QUEUED' }),
  },
  {
    name: 'what was said to be cancelled has completed',
    invariant: 1,
    plantIn(dump) {
      const execution_id = dump.executions.find(({ job_id }) => job_id === 'b')?.execution_id ?? '';
      return {
        ...dump,
        told: [...dump.told, { what: 'cancelled', asked: execution_id, execution_id, status: 'CANCELLED' }],
      };
    },
  },
  {
    name: 'a body ran under a fence of its own',
    invariant: 2,
    plantIn: (dump) => ({ ...dump, effects: dump.effects.map((effect) => ({ ...effect, fence: 1 })) }),
  },
  {
    name: 'a dependent is released twice',
    invariant: 4,
    plantIn: (dump) => copied(dump, 'b', [{ execution_id: 'another' }]),
  },
  {
    name: 'two attempts of a chain succeeded',
    invariant: 5,
    plantIn: (dump) =>
      changed(dump, 'a', {
        history: [{ time: 0, event: 'SUCCEED', actor: undefined, detail: undefined }],
      }),
  },
  {
    name: 'a fire time is fired twice',
    invariant: 6,
    plantIn(dump) {
      // The ledger has the fire time, and the first of the two: only how many there are tells.
      const cause = { trigger_type: 'SCHEDULED', trigger_id: 's', scheduled_time: 0 } as const;
      const planted = {
        ...dump,
        intent: { ...dump.intent, schedules: new Map([['s', 1]]) },
        ticks: new Map([['s', [{ nominal_ms: 0, outcome: 'FIRED', execution_id: 'fired' }]]]),
      };
      return copied(planted, 'b', [
        { execution_id: 'fired', ...cause },
        { execution_id: 'again', ...cause },
      ]);
    },
  },
  {
    name: 'a ledger has a hole',
    invariant: 6,
    plantIn: (dump) => ({
      ...dump,
      intent: { ...dump.intent, schedules: new Map([['s', 1]]) },
      ticks: new Map([
        ['s', [0, 2000].map((nominal_ms) => ({ nominal_ms, outcome: 'MISSED', execution_id: null }))],
      ]),
    }),
  },
  {
    name: 'an event reaches two executions of a trigger',
    invariant: 6,
    plantIn: (dump) =>
      copied({ ...dump, intent: { ...dump.intent, takes: new Map([['b', () => true]]) } }, 'b', [
        { execution_id: 'one', parameters: '{"events":[{"data":{"n":1}}]}' },
        { execution_id: 'two', parameters: '{"events":[{"data":{"n":1}}]}' },
      ]),
  },
  {
    name: 'an accepted event reaches nobody',
    invariant: 6,
    plantIn: (dump) => ({
      ...dump,
      intent: { ...dump.intent, takes: new Map([['b', () => true]]) },
      told: [...dump.told, { what: 'event', n: 1 }],
    }),
  },
  {
    name: 'BullMQ holds what does not exist',
    invariant: 7,
    plantIn: (dump) => ({ ...dump, delivered: ['nobody'] }),
  },
  {
    name: 'an attempt goes on from before what was saved',
    invariant: 8,
    plantIn: (dump) => ({
      ...dump,
      effects: dump.effects.map((effect) => (isStart(effect) ? { ...effect, counter: 1 } : effect)),
    }),
  },
  {
    name: 'an attempt starts its body twice',
    invariant: 10,
    plantIn: (dump) => ({ ...dump, effects: [...dump.effects, ...dump.effects.filter(isStart)] }),
  },
  {
    name: 'something has completed without a body',
    invariant: 10,
    plantIn: (dump) => ({ ...dump, effects: dump.effects.filter(({ what }) => what !== 'end') }),
  },
];
