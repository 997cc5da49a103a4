import { parseStageResult, hasEnded } from '@phi/modules';

import type { Check } from '../check.js';
import { CheckFailed, CheckSkipped, demand } from '../verdicts.js';

export const comesToAnEnd: Check = {
  name: 'comes-to-an-end',
  says: 'brings a job to SUCCEEDED or FAILED',
  cites: 'GET /v1/jobs/{ref}',
  async run(session) {
    const { end } = await session.watched();
    demand(end.state !== 'CANCELLED', `${end.ref} was CANCELLED, and nobody had asked for it`);
  },
};

export const reportsItsResult: Check = {
  name: 'reports-its-result',
  says: 'tells the counts of what SUCCEEDED, and the error of what FAILED',
  cites: 'What a module must keep, 3',
  async run(session) {
    const { end } = await session.watched();
    if (end.state === 'FAILED') {
      demand(end.error !== undefined, `${end.ref} FAILED without an error`);
      return;
    }
    try {
      parseStageResult(end.ref, end);
    } catch (error) {
      throw new CheckFailed(error instanceof Error ? error.message : String(error), { cause: error });
    }
  },
};

export const sequenceGrows: Check = {
  name: 'sequence-grows',
  says: 'raises the sequence with each change, and never lowers it',
  cites: 'What a module must keep, 5',
  async run(session) {
    const { accepted, statuses } = await session.watched();
    let [before, state] = [accepted.sequence, accepted.state];
    for (const status of statuses) {
      demand(
        status.sequence >= before,
        `sequence ${String(status.sequence)} of ${status.ref} after ${String(before)}`,
      );
      demand(
        status.state === state || status.sequence > before,
        `${status.ref} went from ${state} to ${status.state} with the same sequence ${String(before)}`,
      );
      [before, state] = [status.sequence, status.state];
    }
  },
};

const ORDER = { ACCEPTED: 0, RUNNING: 1, SUCCEEDED: 2, FAILED: 2, CANCELLED: 2 } as const;

export const statesGoForward: Check = {
  name: 'states-go-forward',
  says: 'goes from ACCEPTED over RUNNING to an end, and never back',
  cites: 'What a module must keep, 3',
  async run(session) {
    const { accepted, statuses } = await session.watched();
    let before = accepted.state;
    for (const { state, ref } of statuses) {
      demand(ORDER[state] >= ORDER[before], `${ref} went from ${before} back to ${state}`);
      before = state;
    }
  },
};

export const progressGrows: Check = {
  name: 'progress-grows',
  says: 'counts the records of its progress upwards, and not beyond the total',
  cites: 'Testing your module: progress',
  async run(session) {
    const { statuses } = await session.watched();
    const seen = statuses.flatMap(({ progress }) => progress ?? []);
    if (seen.length === 0) throw new CheckSkipped('it told of no progress');
    let before = 0;
    for (const { records, total = records } of seen) {
      demand(records >= before, `progress fell from ${String(before)} to ${String(records)} records`);
      demand(records <= total, `progress has ${String(records)} records of ${String(total)}`);
      before = records;
    }
  },
};

const LOOKS = 3;

export const endIsAnEnd: Check = {
  name: 'end-is-an-end',
  says: 'keeps the end as it is, also when it is asked to stop the job',
  cites: 'What a module must keep, 3',
  async run(session) {
    const { key, end } = await session.watched();
    const answer = await session.cancel(end.ref);
    answer.expectStatus(409);
    for (let look = 0; look < LOOKS; look += 1) {
      const { state, sequence } = await session.status(end.ref, key);
      demand(state === end.state, `${end.ref} was ${end.state}, and is ${state} after DELETE`);
      demand(sequence >= end.sequence && hasEnded(state), `the sequence of ${end.ref} fell after its end`);
    }
  },
};
