import type { ContractProblemCode } from '@phi/modules';

export interface RefusalOptions {
  /** When to come again. */
  readonly retryAfterSeconds?: number;
  /** Where the code's own does not say enough. */
  readonly status?: number;
}

/** A request that is not done, in the contract's words (docs/module-contract.md, Errors). */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly retryAfterSeconds: number | undefined;
  readonly status: number | undefined;

  constructor(
    readonly code: ContractProblemCode,
    detail: string,
    { retryAfterSeconds, status }: RefusalOptions = {},
  ) {
    super(detail);
    this.retryAfterSeconds = retryAfterSeconds;
    this.status = status;
  }
}
