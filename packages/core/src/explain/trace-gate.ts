import type { ExecutionRecord, StoredPlanJob } from '../ports/execution-store.js';
import type { KeptVerdict } from '../rules/kept-verdict.js';
import type { RuleNumber } from '../rules/rule-table.js';
import type { JsonObject } from '../schema/json.js';
import type { Entry, TraceFacts } from './trace-facts.js';

/** Whether its execution windows were open (specification: Rule 17). */
export function traceWindow({ record, definition }: TraceFacts): Entry[] {
  const windows = definition?.execution_windows.map(({ start, end, days }) => ({
    start,
    end,
    days: [...days],
  }));
  const because = windows?.length === 0 ? 'its job has no execution windows' : 'within the windows';
  const passed = passedGate(record, 17, because, windows === undefined ? {} : { execution_windows: windows });
  return inOrderOfTime([...keptBy(record, [17]), ...passed]);
}

/** Whether others of its job were in its way (specification: Rules 3 and 4). */
export function traceOthers({ record, job }: TraceFacts): Entry[] {
  const inputs =
    job === undefined ? {} : { skip_if_running: job.skip_if_running, queue_if_running: job.queue_if_running };
  return [...keptBy(record, [3, 4]), ...passedGate(record, 3, besideOthers(record, job), inputs)];
}

/** What is queued already may be skipped all the same when its window closes. */
function inOrderOfTime(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((a, b) => (a.time ?? 0) - (b.time ?? 0));
}

function besideOthers(record: ExecutionRecord, job: StoredPlanJob | undefined): string {
  if (record.attempt_number > 1) return 'a retry: its chain had passed already';
  if (record.line !== undefined) return 'it was its turn';
  return job?.skip_if_running === true
    ? 'no other execution of the job was open'
    : 'the job runs beside others of its own';
}

/** What of the gate was passed when it was queued. */
function passedGate(
  { queued_time }: ExecutionRecord,
  rule: RuleNumber,
  because: string,
  inputs: JsonObject,
): Entry[] {
  return queued_time === undefined ? [] : [{ rule, verdict: 'PASS', time: queued_time, because, inputs }];
}

function keptBy({ decided = [] }: ExecutionRecord, rules: readonly KeptVerdict['rule'][]): Entry[] {
  return decided
    .filter(({ rule }) => rules.includes(rule))
    .map((kept) => ({
      rule: kept.rule,
      verdict: kept.verdict,
      time: kept.time,
      because: KEPT_BECAUSE[kept.rule][kept.verdict],
      inputs: inputsOfKept(kept),
    }));
}

const KEPT_BECAUSE: Readonly<Record<KeptVerdict['rule'], Readonly<Record<KeptVerdict['verdict'], string>>>> =
  {
    3: { HOLD: 'another execution of the job went first', SKIP: 'another execution of the job was open' },
    4: { HOLD: 'an earlier fire time that was missed ran first', SKIP: 'caught-up runs are never skipped' },
    17: { HOLD: 'held until the window opens', SKIP: 'outside the execution windows' },
  };

/** As JSON, which has no Infinity: what never closes has no end. */
export function inputsOfKept(kept: KeptVerdict): JsonObject {
  const { rule: _rule, verdict: _verdict, time: _time, ...inputs } = kept;
  return JSON.parse(JSON.stringify(inputs)) as JsonObject;
}
