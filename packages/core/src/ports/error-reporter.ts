/** The error queues (specification: Error Queue Management). */
export const ERROR_QUEUES = [
  'phi_scheduling_errors',
  'phi_dependency_errors',
  'phi_execution_errors',
  'phi_dead_letter',
] as const;
export type ErrorQueueName = (typeof ERROR_QUEUES)[number];

/** An entry of an error queue. */
export interface ErrorReport {
  /** Follows from the contents: a repeated report is the same entry. */
  readonly id: string;
  readonly error_code: string;
  /** One of the specification's error structures. */
  readonly error: Readonly<Record<string, unknown>>;
}

/** Enters errors in the queues that people look into; bounded projections of what Phi's own records say. */
export interface ErrorReporter {
  report(queue: ErrorQueueName, report: ErrorReport): Promise<void>;
  /** Takes entries out again, by their ids; one that is not there is none the less gone. */
  withdraw(queue: ErrorQueueName, ids: readonly string[]): Promise<void>;
}
