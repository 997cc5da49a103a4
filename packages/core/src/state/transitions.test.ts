import { describe, expect, it } from '@jest/globals';

import { EXECUTION_STATUSES, isTerminal, TERMINAL_STATUSES, type ExecutionStatus } from './status.js';
import {
  EXECUTION_EVENTS,
  findTransition,
  TRANSITIONS,
  type ExecutionEvent,
  type Guard,
} from './transitions.js';

/** The lifecycle as it was decided, row by row; the table must hold these and no others. */
const DECIDED: readonly [from: ExecutionStatus, event: ExecutionEvent, to: ExecutionStatus, guard: Guard][] =
  [
    ['PENDING', 'ENQUEUE', 'QUEUED', 'none'],
    ['PENDING', 'CANCEL', 'CANCELLED', 'none'],
    ['PENDING', 'SKIP', 'CANCELLED', 'none'],
    ['PENDING', 'ABANDON', 'CANCELLED', 'none'],
    ['QUEUED', 'CLAIM', 'RUNNING', 'none'],
    ['QUEUED', 'EXPIRE', 'TIMEOUT', 'none'],
    ['QUEUED', 'CANCEL', 'CANCELLED', 'none'],
    ['RUNNING', 'CONFIRM_CANCEL', 'CANCELLED', 'fence_or_lease_expired'],
    ['RUNNING', 'SUCCEED', 'COMPLETING', 'fence'],
    ['RUNNING', 'FAIL', 'FAILED', 'fence'],
    ['RUNNING', 'TIME_OUT', 'FAILED', 'fence'],
    ['RUNNING', 'LOSE', 'FAILED', 'lease_expired'],
    ['COMPLETING', 'COMPLETE', 'COMPLETED', 'fence_or_lease_expired'],
    ['COMPLETING', 'REJECT', 'FAILED', 'fence_or_lease_expired'],
    ['PENDING', 'WRITE_OFF', 'FAILED', 'none'],
    ['QUEUED', 'WRITE_OFF', 'FAILED', 'none'],
  ];

function reachable(from: ExecutionStatus): Set<ExecutionStatus> {
  const reached = new Set([from]);
  for (const status of reached) for (const row of TRANSITIONS) if (row.from === status) reached.add(row.to);
  return reached;
}

describe('the transition table', () => {
  it('holds the decided rows and no others', () => {
    const rows = TRANSITIONS.map(({ from, event, to, guard }) => [from, event, to, guard].join(' '));
    expect(rows.sort()).toEqual(DECIDED.map((row) => row.join(' ')).sort());
  });

  it('has one target for each state and event', () => {
    const keys = TRANSITIONS.map(({ from, event }) => `${from} ${event}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('uses every event', () => {
    expect(new Set(TRANSITIONS.map(({ event }) => event))).toEqual(new Set(EXECUTION_EVENTS));
  });

  it('reaches every state from PENDING', () => {
    expect(reachable('PENDING')).toEqual(new Set(EXECUTION_STATUSES));
  });

  it('lets terminal states absorb, and only them', () => {
    const dead = EXECUTION_STATUSES.filter((status) => !TRANSITIONS.some(({ from }) => from === status));
    expect(dead).toEqual([...TERMINAL_STATUSES]);
    expect(EXECUTION_STATUSES.filter(isTerminal)).toEqual([...TERMINAL_STATUSES]);
  });

  it('leads from every state to a terminal one', () => {
    for (const status of EXECUTION_STATUSES) expect([...reachable(status)].some(isTerminal)).toBe(true);
  });

  it('never leads back', () => {
    for (const { from, to } of TRANSITIONS) expect(reachable(to).has(from)).toBe(false);
  });

  it('lets nobody without the fence or an expired lease change what runs', () => {
    for (const row of TRANSITIONS.filter(({ from }) => from === 'RUNNING' || from === 'COMPLETING'))
      expect(row.guard).not.toBe('none');
  });

  it('lets COMPLETING be neither cancelled nor run again', () => {
    const targets = TRANSITIONS.filter(({ from }) => from === 'COMPLETING').map(({ to }) => to);
    expect([...targets].sort()).toEqual(['COMPLETED', 'FAILED']);
  });

  it('is what findTransition looks up, and nothing where there is no row', () => {
    for (const from of EXECUTION_STATUSES) {
      for (const event of EXECUTION_EVENTS) {
        const row = DECIDED.find(([source, sent]) => source === from && sent === event);
        expect(findTransition(from, event)?.to).toBe(row?.[2]);
      }
    }
  });
});
