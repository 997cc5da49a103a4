import { deriveId, type Alert, type StateCorruptionError } from '@phi/core';

import type { Services } from './services.js';

export interface StateCorruption {
  readonly error_code: string;
  /** What is damaged, for the alert: its id, and in words. */
  readonly subject: string;
  readonly message: string;
  readonly context?: Alert['context'];
  readonly errors: readonly Omit<StateCorruptionError, 'recovery_attempted'>[];
  /** What makes it another one than what is told already, beside the execution. */
  readonly identity: readonly string[];
}

/** Tells operators of damaged state, and enters it in `phi_execution_errors` (specification: State Corruption Errors). */
export async function reportStateCorruption(
  services: Services,
  { error_code, subject, message, context, errors, identity }: StateCorruption,
): Promise<void> {
  const alert = { kind: 'STATE_CORRUPTION', severity: 'critical', subject, error_code, message } as const;
  services.alerts.raise({ ...alert, ...(context && { context }) });
  for (const damage of errors) {
    const id = deriveId('state-corruption', damage.execution_id, ...identity);
    const error: StateCorruptionError = { ...damage, recovery_attempted: true };
    await services.errors.report('phi_execution_errors', { id, error_code, error });
  }
}
