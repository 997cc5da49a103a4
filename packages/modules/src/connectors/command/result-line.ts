import { z } from 'zod';
import { describeIssues } from '../../contract/error-report.js';
import { LOG_LEVELS } from '../../contract/module-context.js';

/** What a line begins with that is meant for Phi. */
export const RESULT_LINE_PREFIX = '::phi::';

const fields = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** What a program tells on one line; at least one of these. */
const resultLineSchema = z
  .strictObject({
    /** How many records were handled so far. */
    progress: z.number().nonnegative(),
    /** State for the next attempt; anything but a text is kept as JSON. */
    checkpoint: z.unknown(),
    /** A dataset that is there already. */
    publish: z.string().min(1),
    log: z.strictObject({
      level: z.enum(LOG_LEVELS).default('info'),
      message: z.string(),
      fields: fields.default({}),
    }),
    /** Of the stage; the last one counts. */
    result: z.record(z.string(), z.unknown()),
    /** Why the program fails; the last one counts. */
    error: z.strictObject({
      code: z
        .string()
        .regex(/^[A-Z]+_\d{3}_[A-Z_]+$/)
        .default('EXEC_006_MODULE_FAILED'),
      message: z.string(),
    }),
  })
  .partial()
  .refine((line) => Object.keys(line).length > 0, { error: 'says nothing' });
export type ResultLine = z.infer<typeof resultLineSchema>;

/**
 * What a line that begins with the prefix says.
 *
 * @throws Error saying why it is not understood
 */
export const parseResultLine = (line: string): ResultLine => {
  const parsed = resultLineSchema.safeParse(JSON.parse(line.slice(RESULT_LINE_PREFIX.length)));
  if (parsed.success) return parsed.data;
  throw new Error(describeIssues(RESULT_LINE_PREFIX, parsed.error));
};
