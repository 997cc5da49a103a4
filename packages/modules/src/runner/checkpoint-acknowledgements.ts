import { PhiError } from '@phi/core';
import type { ErrorReport } from '../contract/error-report.js';

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/** The child's checkpoints that are not acknowledged yet. */
export class CheckpointAcknowledgements {
  #asked = 0;
  readonly #waiting = new Map<number, Waiting>();

  /**
   * @param send hands a checkpoint over under the number that its acknowledgement will have
   * @returns resolves when it is saved; it may be ignored
   */
  await(send: (number: number) => void): Promise<void> {
    const number = ++this.#asked;
    const saved = new Promise<void>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
    });
    saved.catch(() => undefined);
    send(number);
    return saved;
  }

  /** @param error why it was not saved */
  take(number: number, error: ErrorReport | undefined): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error === undefined) waiting?.resolve();
    else
      waiting?.reject(
        new PhiError(error.code, error.message, { operation: error.operation, data: error.data }),
      );
  }
}
