import type { StoredPlan } from '@phi/core';
import type { Redis } from 'ioredis';

import { pack, packSealed } from './codec.js';
import type { Keys } from './keys.js';

/** How long a plan outlives its last use, in seconds: far longer than any run may wait. */
const PLAN_KEPT_SECONDS = 90 * 24 * 3600;

/** What says that a plan is complete, and has a list of dependents for every job: builds before wrote `true`. */
const COMPLETE = 2;

/** Fields in one HSET. */
const FIELDS_AT_ONCE = 500;

/**
 * Writes a plan under its id. The id follows from the contents, so that writing it again changes nothing.
 * What says that it is complete is written with the last of it: a plan cut off in the middle is not used.
 *
 * @throws Error when Redis refuses a part of it
 */
export async function writePlan(redis: Redis, keys: Keys, plan: StoredPlan): Promise<void> {
  const key = keys.key(`plan:${plan.plan_id}`);
  const fields: (string | Buffer)[][] = [
    ...plan.jobs.flatMap((job) => [
      [`job:${job.job_id}`, packSealed(job)],
      [`dependents:${job.job_id}`, packSealed(plan.dependents.get(job.job_id) ?? [])],
    ]),
    ['complete', pack(COMPLETE)],
  ];
  let at = 0;
  for (; fields.length - at > FIELDS_AT_ONCE; at += FIELDS_AT_ONCE) {
    await redis.hset(key, ...fields.slice(at, at + FIELDS_AT_ONCE).flat());
  }
  await Promise.all([
    redis.hset(key, ...fields.slice(at).flat()),
    redis.hdel(key, 'lost'),
    redis.expire(key, PLAN_KEPT_SECONDS),
  ]);
}
