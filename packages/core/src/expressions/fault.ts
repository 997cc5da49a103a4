/** Why an evaluation has no result. A value rather than an exception, since `false && <fault>` is false. */
export class Fault {
  constructor(readonly reason: string) {}
}

/** Whatever becomes of this one, the evaluation ends with it: its budget is spent. */
export const EXHAUSTED = new Fault('takes more steps than an evaluation may');
