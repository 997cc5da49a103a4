import * as z from 'zod';
import { authored } from './authored.js';

export const CANCEL_SCOPES = ['IMMEDIATE_DEPENDENTS', 'ALL_DOWNSTREAM'] as const;
export type CancelScope = (typeof CANCEL_SCOPES)[number];

const cancellationFields = {
  cascade_cancel: z
    .boolean()
    .describe('Whether cancelling the job cancels its dependents too (Rule 16). Default: false.'),
  cancel_scope: z.enum(CANCEL_SCOPES).describe('Which dependents (Rule 16). Default: IMMEDIATE_DEPENDENTS.'),
};

/** What cancelling a job does to those that depend on it (specification: Rule 16). */
export const cancellationSchema = z.strictObject(cancellationFields);
export type Cancellation = z.infer<typeof cancellationSchema>;

export const authoredCancellationSchema = authored(cancellationFields, []);
export type AuthoredCancellation = z.infer<typeof authoredCancellationSchema>;
