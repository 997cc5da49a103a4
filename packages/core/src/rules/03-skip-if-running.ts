import type { GateVerdict } from './verdict.js';

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
 */
export function skipIfRunning(...settings: readonly SkipIfRunning[]): WhileRunning {
  if (settings.some(({ queue_if_running }) => queue_if_running)) return 'QUEUE';
  return settings.some(({ skip_if_running }) => skip_if_running) ? 'SKIP' : 'RUN';
}

/** Who else of a job is open, as the gate finds it. */
export interface OpenChains {
  readonly mode: WhileRunning;
  /** Chains of the job that are past the gate, a job in its backoff among them. */
  readonly past_gate: number;
  /** The first of those that wait their turn, where that is another; only with QUEUE. */
  readonly ahead?: string;
}

/**
 * Whether an execution may pass beside those that are open (specification: Rule 3, Skip If Running).
 *
 * Decided by `gate.enter` of the store, which alone knows them (docs/adr/0009-the-gate.md); this states what it decides.
 */
export function besideOpenChains({ mode, past_gate, ahead }: OpenChains): GateVerdict {
  if (mode === 'QUEUE') return past_gate > 0 || ahead !== undefined ? 'HOLD' : 'RUN';
  return mode === 'SKIP' && past_gate > 0 ? 'SKIP' : 'RUN';
}
