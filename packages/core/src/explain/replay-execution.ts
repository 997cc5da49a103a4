import type { ExecutionRecord, StoredPlanJob } from '../ports/execution-store.js';
import type { DependencyStanding } from '../rules/02-dependency-satisfaction.js';
import { replayVerdict } from '../rules/kept-verdict.js';
import type { Replay } from '../schema/explanation.js';
import { standingOfDependencies, type PlannedDependency } from './dependency-verdicts.js';
import { inputsOfKept } from './trace-gate.js';

/** What the verdicts about an execution are computed from again. */
export interface ReplayFacts {
  readonly record: ExecutionRecord;
  readonly job: StoredPlanJob | undefined;
  readonly dependencies: readonly PlannedDependency[];
}

/**
 * Computes every verdict that was kept of an execution again, with the rules as they are in this build, from what it was decided
 * from. Scripts decided them: a difference is a defect of a script, of a rule, or of what was kept.
 */
export function replayExecution(facts: ReplayFacts): Replay {
  const verdicts = [...replayKept(facts.record), ...replayDependencies(facts)];
  return {
    checked: verdicts.length,
    differences: verdicts.filter(({ kept, recomputed }) => kept !== recomputed),
  };
}

type Replayed = Replay['differences'][number];

function replayKept({ decided = [] }: ExecutionRecord): Replayed[] {
  return decided.map((kept) => ({
    rule: kept.rule,
    time: new Date(kept.time).toISOString(),
    kept: kept.verdict,
    recomputed: replayVerdict(kept),
    inputs: inputsOfKept(kept),
  }));
}

/** What the dependencies of a first attempt must have come to for it to be where it is. */
function replayDependencies({ record, job, dependencies }: ReplayFacts): Replayed[] {
  const kept = standingOf(record);
  if (job === undefined || kept === undefined || dependencies.length === 0) return [];
  const { standing, inputs } = standingOfDependencies(job, dependencies);
  return [{ rule: 2, time: null, kept, recomputed: standing, inputs }];
}

/** Undefined where nothing tells: cancelled by hand, or by what is none of its dependencies. */
function standingOf(record: ExecutionRecord): DependencyStanding | undefined {
  if (record.attempt_number > 1 || record.ignore_dependencies === true) return undefined;
  const { queued_time, decided, not_before } = record;
  if (queued_time !== undefined || decided !== undefined || not_before !== undefined) return 'READY';
  if (record.status === 'PENDING') return 'WAITING';
  return STANDING_OF_REASON[record.reason ?? ''];
}

const STANDING_OF_REASON: Readonly<Record<string, DependencyStanding>> = {
  DEP_001_MISSING_UPSTREAM: 'MISSING',
  DEP_003_TIMEOUT: 'WAITING',
  DEP_004_UPSTREAM_NOT_MET: 'BLOCKED',
  DEP_006_WINDOW_MISSED: 'READY',
  DEP_007_CONDITION_FAILED: 'BLOCKED',
  SKIP_005_UPSTREAM_SKIPPED: 'BLOCKED',
  SKIP_006_CONDITION_FALSE: 'BLOCKED',
};
