/**
 * How much work something foreign may still cause. Counted, not timed: the same input is refused on every machine.
 * A step is about 50 ns.
 */
export class WorkBudget {
  constructor(private stepsLeft: number) {}

  /** @returns whether the steps may be taken; false from the first time on that they may not */
  spend(steps: number): boolean {
    this.stepsLeft -= steps;
    return this.stepsLeft >= 0;
  }

  get exhausted(): boolean {
    return this.stepsLeft < 0;
  }
}
