import { deriveId } from '../ids/derive-id.js';
import type { GraphJob } from './graph-job.js';
import { insert } from './in-order.js';

/** Jobs are shared out among so many parts, so that one job's change digests one part anew. */
const PARTS = 256;

/** What the contents of a graph are named by: the jobs of each part with their revisions, then all parts together. */
export interface GraphDigest {
  /** By part: the numbers of its jobs, by job_id. */
  readonly members: readonly (readonly number[])[];
  readonly digests: readonly string[];
}

/** @param jobs - by job_id */
export function digestGraph(jobs: readonly GraphJob[]): GraphDigest {
  const members = Array.from({ length: PARTS }, (): number[] => []);
  jobs.forEach(({ job_id }, slot) => members[partOf(job_id)]?.push(slot));
  return { members, digests: members.map((slots) => digestPart(slots, (slot) => jobs[slot])) };
}

/**
 * @param slot - the job that was put in or taken out
 * @param jobOf - the job of a number, as it is now
 */
export function changeDigest(
  { members, digests }: GraphDigest,
  jobId: string,
  slot: number,
  jobOf: (slot: number) => GraphJob | undefined,
  byName: (a: number, b: number) => number,
): GraphDigest {
  const part = partOf(jobId);
  const others = (members[part] ?? []).filter((each) => each !== slot);
  const slots = jobOf(slot) === undefined ? others : insert(slot, others, byName);
  return { members: members.with(part, slots), digests: digests.with(part, digestPart(slots, jobOf)) };
}

/** The same contents have the same id, however they came about. */
export function graphIdOf({ digests }: GraphDigest): string {
  return deriveId('graph', ...digests);
}

/** FNV-1a: any spread will do, and this one is cheap. */
function partOf(jobId: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < jobId.length; at++) hash = Math.imul(hash ^ jobId.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 16)) & (PARTS - 1);
}

function digestPart(slots: readonly number[], jobOf: (slot: number) => GraphJob | undefined): string {
  if (slots.length === 0) return '';
  const jobs = slots.map(jobOf).filter((job) => job !== undefined);
  return deriveId('part', ...jobs.map(({ job_id, revision }) => `${job_id}@${String(revision)}`));
}
