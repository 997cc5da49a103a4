import * as z from 'zod';

/** One thing that is wrong with what somebody wrote: where, why, and what would be accepted. */
export const problemSchema = z.strictObject({
  file: z.string().optional().describe('File that has it.'),
  line: z.int().min(1).optional().describe('Line, from 1.'),
  column: z.int().min(1).optional().describe('Column, from 1.'),
  field: z
    .string()
    .describe('Path of the field, such as jobs[0].schedule.cron_expression; empty for the whole.'),
  reason: z.string().describe('What is wrong with it.'),
  accepted: z.string().describe('What would be accepted.'),
  value: z.unknown().optional().describe('What was given.'),
});
export type Problem = z.infer<typeof problemSchema>;

/** RFC 9457 problem details: what the API answers instead of a result. */
export const problemDetailsSchema = z.strictObject({
  type: z.string().describe('Identifies the kind of problem: a link into the table of error codes.'),
  title: z.string().describe('What a problem of this kind is.'),
  status: z.int().min(400).max(599).describe('HTTP status.'),
  detail: z.string().optional().describe('What happened this time.'),
  instance: z.string().optional().describe('Identifies this occurrence: the request id.'),
  code: z.string().describe('Error code, e.g. API_001_VALIDATION_FAILED.'),
  problems: z.array(problemSchema).optional().describe('Every field that is wrong.'),
});
export type ProblemDetails = z.infer<typeof problemDetailsSchema>;

/**
 * A problem as one line: `jobs/etl.yaml:12:5: jobs[0].schedule.cron_expression: <reason>; accepted: <accepted>`.
 * What is not known is left out.
 */
export function formatProblem({ file, line, column, field, reason, accepted }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const prefix = [place, field].filter((part) => part !== '').join(': ');
  return `${prefix === '' ? '' : `${prefix}: `}${reason}${accepted === '' ? '' : `; accepted: ${accepted}`}`;
}

/** A path as a reader writes it: ['jobs', 0, 'job_id'] is jobs[0].job_id. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${String(part)}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}
