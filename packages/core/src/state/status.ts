/** The states of an execution (specification: Executor Subsystem, Job Lifecycle). */
export const EXECUTION_STATUSES = [
  'PENDING',
  'QUEUED',
  'RUNNING',
  'COMPLETING',
  'COMPLETED',
  'FAILED',
  'TIMEOUT',
  'CANCELLED',
] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

/** States that absorb: nothing leads out of them. */
export const TERMINAL_STATUSES = [
  'COMPLETED',
  'FAILED',
  'TIMEOUT',
  'CANCELLED',
] as const satisfies readonly ExecutionStatus[];
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

export const ACTIVE_STATUSES = [
  'PENDING',
  'QUEUED',
  'RUNNING',
  'COMPLETING',
] as const satisfies readonly ExecutionStatus[];

export function isTerminal(status: ExecutionStatus): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly ExecutionStatus[]).includes(status);
}
