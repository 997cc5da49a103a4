import { createHash } from 'node:crypto';

const LENGTH = 12;

/** What differs from one occurrence of an error to the next, longest first. */
const VARYING: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/"[^"\n]{0,500}"|'[^'\n]{0,500}'/g, '"…"'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '#'],
  [/\b\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?/g, '#'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '#'],
  [/\d+/g, '#'],
];

/**
 * What tells one kind of failure of a job from another: its code and its message without the numbers, ids, times and quoted values in it, so
 * that dead letters of one cause can be looked at and retried together.
 *
 * @returns 12 hexadecimal digits
 */
export function errorFingerprint(error: {
  readonly job_id: string;
  readonly error_code: string;
  readonly error_message: string;
}): string {
  const [line = ''] = error.error_message.split('\n', 1);
  const message = VARYING.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
  return createHash('sha256')
    .update([error.job_id, error.error_code, message].join('\u0000'))
    .digest('hex')
    .slice(0, LENGTH);
}
