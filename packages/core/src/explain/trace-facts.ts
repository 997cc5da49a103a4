import type { ExecutionRecord, StoredPlanJob } from '../ports/execution-store.js';
import type { RuleNumber } from '../rules/rule-table.js';
import type { ExplainedHold, Explanation, TraceEntry } from '../schema/explanation.js';
import type { JobDefinition } from '../schema/job-definition.js';
import type { JsonObject } from '../schema/json.js';
import type { PlannedDependency } from './dependency-verdicts.js';

/** What the way of an execution through the evaluation order follows from. */
export interface TraceFacts {
  readonly record: ExecutionRecord;
  /** At its revision; undefined where that is not registered any more. */
  readonly definition: JobDefinition | undefined;
  /** As its run planned it; undefined where the plan is not kept any more. */
  readonly job: StoredPlanJob | undefined;
  readonly dependencies: readonly PlannedDependency[];
  /** What keeps it from starting now. */
  readonly holds: readonly ExplainedHold[];
  /** Where it runs now. */
  readonly running: Explanation['running'];
}

/** An entry of a step that is named by its place in the trace. */
export interface Entry {
  readonly rule: RuleNumber | null;
  readonly verdict: TraceEntry['verdict'];
  /** Epoch milliseconds; undefined where it is not recorded. */
  readonly time?: number | undefined;
  readonly because: string;
  readonly inputs?: JsonObject;
}
