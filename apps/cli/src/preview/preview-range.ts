import { usageError } from '../cli-error.js';
import type { Context } from '../context.js';

/** Which times are wanted. */
export interface PreviewRange {
  /** Epoch milliseconds; times after it. */
  readonly from: number;
  readonly count: number;
}

/** A date and time that says which offset it is in. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/i;

/** @throws CliError for what is not an instant */
export function previewRange(
  { from, count }: { readonly from?: string; readonly count: number },
  { now }: Context,
): PreviewRange {
  return { from: from === undefined ? now() : parseInstant(from), count };
}

function parseInstant(text: string): number {
  const ms = INSTANT.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms))
    throw usageError(
      '--from',
      `is not an instant: ${text}`,
      'ISO 8601 with an offset, such as 2026-03-08T00:00:00Z',
    );
  return ms;
}
