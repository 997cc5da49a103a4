/**
 * What a history tells beside transitions: it happened to an execution that stayed as it was. A note adds no revision.
 *
 * WARN: it runs longer than it should (Rule 12). EXTEND: it was given more time (Rule 12). FALL_BACK: a checkpoint was damaged, and an
 * earlier one, or none, was resumed from (State Corruption Errors). REPAIR: fsck found that something was wrong with it, and mended it.
 * RETRY_NOW: somebody cut the delay before it short. REBUILT: its record could not be read, and was made anew from what else is known of it.
 */
export const EXECUTION_NOTES = ['WARN', 'EXTEND', 'FALL_BACK', 'REPAIR', 'RETRY_NOW', 'REBUILT'] as const;
export type ExecutionNote = (typeof EXECUTION_NOTES)[number];
