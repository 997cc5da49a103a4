import type { RuleNumber } from './rule-table.js';

/** A step that every execution goes through, with the rules behind it. */
export interface EvaluationStep {
  readonly step: number;
  /** In the specification's words. */
  readonly name: string;
  readonly rules: readonly RuleNumber[];
}

/**
 * The order in which the rules decide about an execution (specification: Rule Evaluation Order). Rules 8 to 11, 15 and 16 decide
 * what follows its end.
 */
export const EVALUATION_ORDER = [
  { step: 1, name: 'Execution Window Check', rules: [17] },
  { step: 2, name: 'Schedule Evaluation', rules: [1, 4] },
  { step: 3, name: 'Dependency Check', rules: [2] },
  { step: 4, name: 'Skip If Running Check', rules: [3, 4] },
  { step: 5, name: 'Resource Availability', rules: [6] },
  { step: 6, name: 'Priority Ordering', rules: [5] },
  { step: 7, name: 'Concurrency Limit', rules: [6, 7] },
  { step: 8, name: 'Execution Start', rules: [] },
  { step: 9, name: 'Heartbeat Monitoring', rules: [13, 14] },
  { step: 10, name: 'Timeout Enforcement', rules: [12] },
] as const satisfies readonly EvaluationStep[];

export type EvaluationStepNumber = (typeof EVALUATION_ORDER)[number]['step'];
