import type { Invariant, PartReport, StorePart } from '@phi/core';

import type { WalkContext } from './walk.js';

/** Subjects in one call: bounds how long its script keeps Redis from others. */
const AT_ONCE = 50;

/** Checks subjects of a part of the store, so many at once, and enters what is found. @returns what each call answered */
export async function checkPart(
  { services, repair, tally }: WalkContext,
  part: StorePart,
  subjects: readonly string[],
  options: {
    readonly invariants: readonly Invariant[];
    /** Comes before the subjects of each call. */
    readonly before?: string;
    readonly atOnce?: number;
  },
): Promise<readonly PartReport[]> {
  const { invariants, before, atOnce = AT_ONCE } = options;
  const reports: PartReport[] = [];
  for (let from = 0; from < subjects.length; from += atOnce) {
    const some = subjects.slice(from, from + atOnce);
    const args = before === undefined ? some : [before, ...some];
    const report = await services.integrity.check(part, args, repair);
    tally.count(invariants, some.length);
    tally.add(report.findings);
    reports.push(report);
  }
  return reports;
}
