import type { AskedCondition, DecidedEdge, StoredPlanJob } from '@phi/core';
import type { Redis } from 'ioredis';

import { readable, unpackSealed } from './codec.js';
import type { Keys } from './keys.js';
import { unlessOfAnotherType } from './of-another-type.js';

/** A member of `conditions` (lua/lib/decisions.lua); ids have no `|`. */
interface Question {
  readonly member: string;
  readonly execution_id: string;
  readonly edge: string;
}

/** Conditions that wait to be evaluated, the longest asked first; what nobody waits for any more is struck off. What cannot be read waits until it is mended. */
export async function readAskedConditions(
  redis: Redis,
  keys: Keys,
  limit: number,
): Promise<readonly AskedCondition[]> {
  // Those that cannot be read keep nobody from seeing the others.
  for (let from = 0; ;) {
    const members = await redis.zrange(keys.key('conditions'), String(from), String(from + limit - 1));
    const read = await Promise.all(members.map((member) => readCondition(redis, keys, questionOf(member))));
    const gone = members.filter((_, index) => read[index] === undefined);
    if (gone.length > 0) await redis.zrem(keys.key('conditions'), ...gone);
    const conditions = read.filter((condition) => condition !== undefined && condition !== 'UNREADABLE');
    if (conditions.length > 0 || members.length < limit) return conditions;
    from += members.length - gone.length;
  }
}

function questionOf(member: string): Question {
  const at = member.indexOf('|');
  return { member, execution_id: member.slice(0, at), edge: member.slice(at + 1) };
}

async function readCondition(
  redis: Redis,
  keys: Keys,
  { execution_id, edge }: Question,
): Promise<AskedCondition | 'UNREADABLE' | undefined> {
  const [record, decision] = await Promise.all([
    unlessOfAnotherType(redis.getBuffer(keys.key(`x:${execution_id}`))),
    unlessOfAnotherType(redis.hgetBuffer(keys.key(`edges:${execution_id}`), edge)),
  ]);
  if (record === null) return undefined;
  const [dependent] = record === undefined ? [] : readable(record);
  if (dependent === undefined) return 'UNREADABLE';
  const { plan_id, job_id, status } = dependent;
  if (status !== 'PENDING') return undefined;
  const job = await unlessOfAnotherType(redis.hgetBuffer(keys.key(`plan:${plan_id}`), `job:${job_id}`));
  const decided = read<DecidedEdge>(decision);
  const planned = read<StoredPlanJob>(job);
  if (planned === undefined) return 'UNREADABLE';
  if (decided === undefined) return { execution_id, edge, condition: undefined, upstream_id: '' };
  const condition = conditionOf(planned, decided);
  if (condition === undefined || decided.verdict !== 'asked') return undefined;
  return { execution_id, edge, condition, upstream_id: decided.execution_id };
}

function read<Value>(bytes: Uint8Array | null | undefined): Value | undefined {
  return bytes === null || bytes === undefined ? undefined : (unpackSealed(bytes) as Value | undefined);
}

function conditionOf(job: StoredPlanJob, { dependency_id, job_id }: DecidedEdge): string | undefined {
  return job.edges.find((edge) => edge.dependency_id === dependency_id && edge.upstream_job_id === job_id)
    ?.condition;
}
