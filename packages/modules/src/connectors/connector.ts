import type { Bodies } from '@phi/core';
import type { AttemptHooks, AttemptOutcome } from '../runner/attempt-outcome.js';
import type { AttemptSpecInput } from '../runner/attempt-spec.js';

/** Drives modules of one kind (design: how a module name is bound; docs/adr/0020-connectors.md). */
export interface Connector {
  /** Whether stages of this connector that follow one another are handed over together, to run in one context. */
  readonly takesSeveral: boolean;
  /** Whether its stages use nothing of this machine but the wait for them. */
  readonly isRemote: boolean;
  /** Whether its stages get references to secrets as they are, instead of the values. Default: false. */
  readonly keepsReferences?: boolean;
  /**
   * Runs the stages after `resume.completed_stages`, and answers with those as well. Every end is an outcome, none an exception; it is
   * known only once nothing of the stages runs any more.
   */
  run(attempt: AttemptSpecInput, hooks: AttemptHooks): Promise<AttemptOutcome>;
  /** What of it runs on this machine; none where it only waits for others. */
  readonly bodies?: Bodies;
  /** Stops what runs and resolves when nothing does. */
  close(): Promise<void>;
}
