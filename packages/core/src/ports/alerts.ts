/** What operators are told of (specification: Error Categories, "Alert operators"). */
export const ALERT_KINDS = [
  'SCHEDULING_ERROR',
  'DEPENDENCY_ERROR',
  'EXECUTION_ERROR',
  'DEAD_LETTER',
  /** A job's bodies crash again and again without a word. */
  'QUARANTINE',
  'STATE_CORRUPTION',
  /** Redis holds less than it did. */
  'DATA_LOSS',
  /** Something was found that does not agree with itself, and was mended or not. */
  'INCONSISTENCY',
  /** What was run again failed again. */
  'REDRIVE_STOPPED',
  /** Redis is set up so that it may lose what it is given. */
  'UNSAFE_REDIS',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** Something that a person should look at. */
export interface Alert {
  readonly kind: AlertKind;
  readonly severity: 'warning' | 'critical';
  /** What it is about: an execution's, job's, schedule's or queue's id, or the namespace. */
  readonly subject: string;
  /** Absent where it is no error of the table of codes. */
  readonly error_code?: string;
  /** In words, one line. */
  readonly message: string;
  /** What else is known, without secrets. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** Tells operators. Raising one never fails, and waits for nothing. */
export interface Alerts {
  raise(alert: Alert): void;
}
