import * as z from 'zod';
import { HOLD_KIND_NAMES } from '../explain/hold-kinds.js';
import { DEPENDENCY_VERDICTS } from '../rules/02-dependency-satisfaction.js';
import { EXECUTION_STATUSES } from '../state/status.js';
import { count, dateTime, generatedId, identifier } from './field-types.js';
import { jsonObject } from './json.js';

const ruleNumber = z.int().min(1).max(17);

const holdSchema = z.strictObject({
  kind: z.enum(HOLD_KIND_NAMES).describe('What it waits for.'),
  rule: ruleNumber.nullable().describe('The rule that holds it; null where none of the seventeen does.'),
  because: z.string().describe('The same in words.'),
  until: dateTime.nullable().describe('When it ends by itself, where that is known.'),
  behind: generatedId.nullable().describe('The execution that goes before it.'),
  limit: z
    .strictObject({
      name: z.string().describe('global, places, pool:<name>, type:<job_type> or job:<job_id>.'),
      number: count.describe('How many may hold a slot of it.'),
      held: count.describe('How many do.'),
      holders: z.array(generatedId).describe('Some of these, at most 20.'),
    })
    .nullable()
    .describe('The limit that is full.'),
});

const queueSchema = z.strictObject({
  admitted: z.boolean().describe('Whether it holds its slots already.'),
  place: z.int().min(1).nullable().describe('Its place in the lane of its job; null once it is admitted.'),
  before: count.describe('How many of any job stand before it at what it waits for.'),
  before_is_exact: z.boolean().describe('False where there are more of them than were counted.'),
  priority: z.number().describe('Its priority, raised by its waiting (Rule 5).'),
  estimated_start: dateTime
    .nullable()
    .describe('When it may start, from how long the holders usually take; null where that is not known.'),
  estimate_because: z.string().describe('What the estimate follows from, or why there is none.'),
  times_out: dateTime
    .nullable()
    .describe('Until when it may wait there (`queue_timeout_seconds`); null where that is not bounded.'),
  executors: z.array(z.string()).describe('Executors that are alive.'),
});

const dependencySchema = z.strictObject({
  dependency_id: z.string(),
  upstream_job_id: z.string(),
  dependency_type: z.string(),
  inside: z.boolean().describe('Whether the upstream is part of the run.'),
  verdict: z
    .enum(DEPENDENCY_VERDICTS)
    .describe('How it was decided; missing: the upstream is not registered.'),
  decided_by: generatedId.nullable().describe('The upstream execution that decided it.'),
  latest: z
    .strictObject({ execution_id: generatedId, status: z.enum(EXECUTION_STATUSES) })
    .nullable()
    .describe("The upstream's latest execution, in the run where the upstream is part of it."),
  until: dateTime.nullable().describe('When the wait for it times out.'),
});

const runningSchema = z.strictObject({
  executor_id: z.string(),
  alive: z.boolean().describe("Whether the executor's lease holds (Rule 13)."),
  lease_expires: dateTime.nullable(),
  since: dateTime,
  usual_seconds: z.number().nullable().describe('How long the job usually takes: the 95th percentile.'),
  times_out: dateTime
    .nullable()
    .describe('When it is terminated, every extension included; null where it is only warned of (Rule 12).'),
  cancel_asked: dateTime.nullable().describe('When it was asked to stop.'),
  last_heartbeat: dateTime
    .nullable()
    .describe('The last heartbeat of its body that its executor has reported (Rule 13).'),
  stage: z.string().nullable().describe('The stage that last told of its progress.'),
  records_processed: count.nullable().describe('The records that this stage has handled so far.'),
});

const endedSchema = z.strictObject({
  code: z.string().nullable().describe('The error code; null for what completed.'),
  message: z.string().nullable(),
  what_to_do: z.string().nullable(),
  retry: z
    .strictObject({
      execution_id: generatedId,
      status: z.enum(EXECUTION_STATUSES),
      not_before: dateTime.nullable(),
    })
    .nullable()
    .describe('The attempt that follows.'),
  dependents: z
    .array(
      z.strictObject({
        job_id: identifier,
        execution_id: generatedId.nullable(),
        status: z.enum(EXECUTION_STATUSES).nullable(),
      }),
    )
    .describe('What the run has of the jobs that depend on it, at most 20.'),
  dependent_count: count.describe('How many jobs of the run depend on it.'),
});

const TRACE_VERDICTS = ['PASS', 'HOLD', 'WAIT', 'SKIP', 'REJECT', 'FAIL', 'NOT_REACHED'] as const;

const traceEntrySchema = z.strictObject({
  step: z.int().min(1).max(10),
  name: z.string().describe("The step of the specification's evaluation order."),
  rule: ruleNumber.nullable().describe('The rule that decided; null where none of the seventeen did.'),
  verdict: z
    .enum(TRACE_VERDICTS)
    .describe(
      'PASS: let on. HOLD, WAIT: kept where it was, by the gate or in the queue. SKIP, REJECT: ended without having run. FAIL: ended while it ran.',
    ),
  time: dateTime.nullable().describe('When; null where it is not recorded or still holds.'),
  because: z.string(),
  inputs: jsonObject().describe('What it was decided from.'),
});
export type TraceEntry = z.infer<typeof traceEntrySchema>;

const replaySchema = z.strictObject({
  checked: count.describe('How many verdicts were computed again from what they were decided from.'),
  differences: z
    .array(
      z.strictObject({
        rule: ruleNumber,
        time: dateTime.nullable(),
        kept: z.string(),
        recomputed: z.string(),
        inputs: jsonObject(),
      }),
    )
    .describe('Those that came out differently: a defect.'),
});
export type Replay = z.infer<typeof replaySchema>;

/** Why an execution is where it is, and how it came there (design: phi explain). */
export const explanationSchema = z.strictObject({
  execution_id: generatedId,
  job_id: identifier,
  run_id: generatedId,
  status: z.enum(EXECUTION_STATUSES),
  attempt_number: z.int().min(1),
  summary: z.string().describe('The answer in a sentence.'),
  holds: z.array(holdSchema).describe('What keeps it from starting, first what it waits for.'),
  dependencies: z.array(dependencySchema),
  queue: queueSchema.nullable().describe('How it stands in the queue, while it is QUEUED.'),
  running: runningSchema.nullable().describe('Where it runs, while it is RUNNING or COMPLETING.'),
  ended: endedSchema.nullable().describe('How it ended and what followed, once it has.'),
  trace: z.array(traceEntrySchema).describe('Its way through the evaluation order.'),
  replay: replaySchema.nullable().describe('Asked for: whether its verdicts come out the same again.'),
});
export type Explanation = z.infer<typeof explanationSchema>;
export type ExplainedHold = Explanation['holds'][number];
export type ExplainedDependency = Explanation['dependencies'][number];
