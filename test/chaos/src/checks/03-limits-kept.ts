import type { ExecutionRecord } from '@phi/core';

import { mostAtOnce } from '../../../e2e/fixture/overlaps.js';
import { timeOf } from './chains.js';
import { violationOf, type Check } from './check.js';

const violation = violationOf(3);

/**
 * No limit was ever exceeded. By the histories: each ran from its claim until its end, and held its slots for longer. Who holds slots at
 * the end is for fsck to say.
 */
export const limitsKept: Check = ({ intent, executions }) =>
  [...intent.limits].flatMap(([limit, number]) => {
    const under = executions.filter((record) => limitsOf(record).includes(limit));
    const intervals = under.flatMap((record) => {
      const from = timeOf(record, 'CLAIM');
      return from === undefined ? [] : [{ from, to: record.completed_time ?? Infinity }];
    });
    const most = mostAtOnce(intervals);
    const what = `${String(most)} ran at once under ${limit}, which lets ${String(number)} through`;
    return most <= number ? [] : [violation(what, [], { limit, number, most })];
  });

function limitsOf({ job_id, job_type, resource_pool }: ExecutionRecord): readonly string[] {
  return ['global', `job:${job_id}`, `type:${job_type}`, `pool:${resource_pool}`];
}
