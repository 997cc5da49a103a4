import type { Context } from '../context.js';
import { readInstant } from '../instant.js';

/** Which times are wanted. */
export interface PreviewRange {
  /** Epoch milliseconds; times after it. */
  readonly from: number;
  readonly count: number;
}

/** @throws CliError for what is not an instant */
export function previewRange(
  { from, count }: { readonly from?: string; readonly count: number },
  { now }: Context,
): PreviewRange {
  return { from: from === undefined ? now() : readInstant('--from', from), count };
}
