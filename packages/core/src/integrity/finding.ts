import { describeFinding, type FindingCode } from './finding-codes.js';
import type { Invariant } from './invariants.js';

export const FINDING_SUBJECTS = [
  'execution',
  'run',
  'lane',
  'line',
  'limit',
  'executor',
  'index',
  'schedule',
  'delivery',
  'trigger',
  'fingerprint',
  'chain',
  'stage_job',
] as const;

export interface FindingSubject {
  readonly kind: (typeof FINDING_SUBJECTS)[number];
  readonly id: string;
}

/** Something that does not hold, true at one instant. */
export interface Finding {
  readonly invariant: Invariant;
  readonly code: FindingCode;
  readonly subject: FindingSubject;
  /** In words. */
  readonly detail: string;
  readonly repairable: boolean;
  readonly repaired: boolean;
}

export function findingOf(
  code: FindingCode,
  subject: FindingSubject,
  detail: string,
  repaired = false,
): Finding {
  const { invariant, repair } = describeFinding(code);
  return { invariant, code, subject, detail, repairable: repair !== undefined, repaired };
}
