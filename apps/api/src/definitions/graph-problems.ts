import {
  describeIssue,
  formatPath,
  type CompiledGraph,
  type GraphIssue,
  type JobDefinition,
  type Problem,
} from '@phi/core';

import { nearNames } from '../http/not-found.js';
import type { PlaceOfJob } from './check-definitions.js';

/** Path of a job, in what the caller sent. */
export type PlaceOfNamed = (jobId: string) => readonly (string | number)[];

/** A job that is not in what the caller sent has its name for a place. */
export function placesOf(definitions: readonly JobDefinition[], placeOf: PlaceOfJob): PlaceOfNamed {
  const indexes = new Map(definitions.map(({ job_id }, index) => [job_id, index]));
  return (jobId) => {
    const index = indexes.get(jobId);
    return index === undefined ? [jobId] : placeOf(index);
  };
}

/** For how many missing jobs the one that may be meant is looked for. */
const HINTS_AT_MOST = 10;

/**
 * What is wrong with the graph, at the places of what the caller sent.
 *
 * @param known - jobs that missing ones may have been meant to be
 */
export function graphProblems(
  issues: readonly GraphIssue[],
  placeOf: PlaceOfNamed,
  known: readonly string[] = [],
): Problem[] {
  let hints = HINTS_AT_MOST;
  return issues.map((issue) => {
    const { kind, job_id, path, value } = issue;
    const isAbsent = kind === 'MISSING_UPSTREAM' || kind === 'UNKNOWN_REFERENCE';
    const near = isAbsent && hints-- > 0 ? nearNames(String(value), known) : [];
    const { reason, accepted } = describeIssue(issue, { among: 'REGISTER', near });
    const place = job_id === '' ? path : [...placeOf(job_id), ...path];
    return { field: formatPath(place), reason, accepted, value };
  });
}

/** Warnings about the jobs that the caller sent, and every cycle that is let through. */
export function graphWarnings(
  { issues, jobs }: CompiledGraph,
  sent: readonly JobDefinition[],
  placeOf: PlaceOfNamed,
): Problem[] {
  const ids = new Set(sent.map(({ job_id }) => job_id));
  const concerning = issues.filter(({ kind, job_id }) => kind === 'CYCLE' || ids.has(job_id));
  return graphProblems(concerning, placeOf, jobs);
}
