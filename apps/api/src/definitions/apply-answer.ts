import { dateTime, dependencyEdgeSchema, dependencyGraphSchema, problemSchema } from '@phi/core';
import { JOB_CHANGES, type FireTimeChange, type PlannedChanges } from '@phi/engine';
import * as z from 'zod';

import { isoTime } from '../http/times.js';

export const jobChangeSchema = z.strictObject({
  job_id: z.string(),
  change: z.enum(JOB_CHANGES),
  revision: z.int().describe('The revision that stands after the change.'),
});

const fieldChange = z.strictObject({
  field: z.string().describe('Path of the field, such as schedule.cron_expression.'),
  before: z.unknown().optional().describe('Absent where the field is not there.'),
  after: z.unknown().optional().describe('Absent where the field is not there.'),
});

const scheduleChange = z.strictObject({
  schedule_id: z.string(),
  job_id: z.string(),
  timezone: z.string(),
  before: z.array(dateTime).describe('The next fire times as registered; none where it is not in force.'),
  after: z.array(dateTime).describe('The next fire times after it; none where it is not in force.'),
});

/** What a set of definitions changed, or would change. */
export const applyAnswerSchema = z.strictObject({
  dry_run: z.boolean(),
  changes: z.array(
    jobChangeSchema.extend({
      fields: z
        .array(fieldChange)
        .optional()
        .describe('What differs in the definition of an updated job; only in a dry run.'),
    }),
  ),
  edges: z
    .strictObject({ added: z.array(dependencyEdgeSchema), removed: z.array(dependencyEdgeSchema) })
    .optional()
    .describe('Edges that come and go; only in a dry run.'),
  schedules: z
    .array(scheduleChange)
    .optional()
    .describe('Schedules whose next fire times change; only in a dry run.'),
  graph: dependencyGraphSchema.describe('All jobs of the namespace, as they stand after it.'),
  warnings: z.array(problemSchema),
});
export type ApplyAnswer = z.infer<typeof applyAnswerSchema>;

/** What an apply would change, in the words of the answer. */
export function viewPlannedChanges({
  changes,
  edges,
  schedules,
}: PlannedChanges): Pick<ApplyAnswer, 'changes' | 'edges' | 'schedules'> {
  return {
    changes: changes.map(({ fields, ...change }) =>
      fields === undefined ? change : { ...change, fields: [...fields] },
    ),
    edges: { added: [...edges.added], removed: [...edges.removed] },
    schedules: schedules.map(viewFireTimeChange),
  };
}

function viewFireTimeChange({
  before,
  after,
  ...schedule
}: FireTimeChange): NonNullable<ApplyAnswer['schedules']>[number] {
  return { ...schedule, before: before.map(isoTime), after: after.map(isoTime) };
}
