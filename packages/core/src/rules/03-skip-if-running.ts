/** What a job does while another of its executions is open. */
export type WhileRunning = 'RUN' | 'SKIP' | 'QUEUE';

/** The two settings of the rule, of a job (`concurrency`) or of its schedule. */
export interface SkipIfRunning {
  readonly skip_if_running: boolean;
  readonly queue_if_running: boolean;
}

/**
 * What an execution does while another of the job is open (specification: Rule 3, Skip If Running). Queueing goes before
 * skipping; a schedule's own setting holds for its fire times beside the job's, which holds for every trigger.
 *
 * Which others are open is known only to the script that lets executions in (docs/adr/0009-the-gate.md).
 */
export function skipIfRunning(...settings: readonly SkipIfRunning[]): WhileRunning {
  if (settings.some(({ queue_if_running }) => queue_if_running)) return 'QUEUE';
  return settings.some(({ skip_if_running }) => skip_if_running) ? 'SKIP' : 'RUN';
}
