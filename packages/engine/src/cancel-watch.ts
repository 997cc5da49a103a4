import type { Cancellations } from './cancellations.js';

/** Remembers that an execution was asked to stop until somebody can stop it. */
export class CancelWatch {
  private asked = false;
  private stop: (() => void) | undefined;
  readonly end: () => void;

  constructor(cancellations: Cancellations, executionId: string) {
    this.end = cancellations.watch(executionId, () => {
      this.asked = true;
      this.stop?.();
    });
  }

  /** @param stop - called at once where it was asked for already */
  tell(stop: () => void): void {
    this.stop = stop;
    if (this.asked) stop();
  }
}
