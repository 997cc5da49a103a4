/** What a fire time is answered by when it is reached: the outcomes of the tick ledger that lateness alone decides. */
export type TickTimeliness = 'FIRED' | 'LATE' | 'MISSED';

/** A schedule is exact to the second: less than one is not late. */
const ON_TIME_MS = 1_000;

export interface TickQuestion {
  readonly nominalMs: number;
  readonly nowMs: number;
  /** Up to so many seconds late a fire time still fires (Rule 1). */
  readonly toleranceSeconds: number;
}

/** Whether a fire time that is due fires on time, late but within tolerance, or not any more (Rule 1). */
export function decideTick({ nominalMs, nowMs, toleranceSeconds }: TickQuestion): TickTimeliness {
  const late = nowMs - nominalMs;
  if (late < ON_TIME_MS) return 'FIRED';
  return late <= toleranceSeconds * 1000 ? 'LATE' : 'MISSED';
}
