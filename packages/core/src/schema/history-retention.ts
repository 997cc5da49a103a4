import * as z from 'zod';

/** How long finished executions of a job are kept (specification: Execution History). */
export const historyRetentionSchema = z.strictObject({
  retention_days: z.int().min(1).max(3650).describe('Days that finished executions are kept.'),
});
export type HistoryRetention = z.infer<typeof historyRetentionSchema>;
