import * as z from 'zod';
import { authored } from './authored.js';

const deadLetterFields = {
  dead_letter_enabled: z
    .boolean()
    .describe('Whether permanently failed executions are kept as dead letters (Rule 15). Default: true.'),
  retention_hours: z
    .int()
    .min(1)
    .max(8760)
    .describe('Hours that a dead letter is kept (Rule 15). Default: DEAD_LETTER_RETENTION_DAYS.'),
};

/** Where permanently failed jobs go (specification: Rule 15). */
export const deadLetterSchema = z.strictObject(deadLetterFields);
export type DeadLetter = z.infer<typeof deadLetterSchema>;

export const authoredDeadLetterSchema = authored(deadLetterFields, []);
export type AuthoredDeadLetter = z.infer<typeof authoredDeadLetterSchema>;
