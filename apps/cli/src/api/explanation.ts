import * as z from 'zod';

const time = z.string().nullable();

const holdSchema = z.looseObject({
  kind: z.string(),
  rule: z.number().nullable(),
  because: z.string(),
  until: time,
  behind: z.string().nullable(),
  limit: z
    .looseObject({ name: z.string(), number: z.number(), held: z.number(), holders: z.array(z.string()) })
    .nullable(),
});

const traceSchema = z.looseObject({
  step: z.number(),
  name: z.string(),
  rule: z.number().nullable(),
  verdict: z.string(),
  time,
  because: z.string(),
});

/** GET /v1/executions/{id}/explain: what the CLI shows of it; the rest is passed on. */
export const explanationSchema = z.looseObject({
  execution_id: z.string(),
  job_id: z.string(),
  run_id: z.string(),
  status: z.string(),
  attempt_number: z.number(),
  summary: z.string(),
  holds: z.array(holdSchema),
  dependencies: z.array(
    z.looseObject({
      upstream_job_id: z.string(),
      dependency_type: z.string(),
      verdict: z.string(),
      decided_by: z.string().nullable(),
      latest: z.looseObject({ execution_id: z.string(), status: z.string() }).nullable(),
      until: time,
    }),
  ),
  queue: z
    .looseObject({
      place: z.number().nullable(),
      before: z.number(),
      priority: z.number(),
      estimated_start: time,
      estimate_because: z.string(),
      times_out: time,
      executors: z.array(z.string()),
    })
    .nullable(),
  running: z
    .looseObject({
      executor_id: z.string(),
      alive: z.boolean(),
      since: z.string(),
      usual_seconds: z.number().nullable(),
      times_out: time,
      // Absent from an older API.
      last_heartbeat: time.optional(),
      stage: z.string().nullish(),
      records_processed: z.number().nullish(),
      cancel_asked: time,
    })
    .nullable(),
  ended: z
    .looseObject({
      code: z.string().nullable(),
      what_to_do: z.string().nullable(),
      retry: z.looseObject({ execution_id: z.string(), status: z.string(), not_before: time }).nullable(),
      dependents: z.array(
        z.looseObject({
          job_id: z.string(),
          execution_id: z.string().nullable(),
          status: z.string().nullable(),
        }),
      ),
      dependent_count: z.number(),
    })
    .nullable(),
  trace: z.array(traceSchema),
  replay: z
    .looseObject({
      checked: z.number(),
      differences: z.array(
        z.looseObject({ rule: z.number(), time, kept: z.string(), recomputed: z.string() }),
      ),
    })
    .nullable(),
});
export type Explanation = z.infer<typeof explanationSchema>;
