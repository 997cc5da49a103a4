import { longestRunMs, type ExecutionLimit } from '@phi/core';

import { countInWords } from './in-words.js';

/** What is told of a body that goes on although its time was up (Rule 12). */
export function describeOverrun(
  limit: ExecutionLimit,
  verdict: 'WARN' | 'EXTEND',
  extensions: number,
): string {
  const over = `it runs longer than timeout_seconds (${String(limit.timeout_seconds)})`;
  if (verdict === 'WARN') return `${over} and goes on: timeout_action is WARN`;
  const { timeout_extension_seconds: more, max_timeout_extensions: atMost } = limit;
  return `${over} and gets ${String(more)} s more: extension ${String(extensions)} of ${String(atMost)}`;
}

/** What is said of a body that was stopped because its time was up. */
export function describeTimeout(limit: ExecutionLimit, forced: boolean): string {
  const how = forced ? 'was killed' : 'stopped when asked';
  return `the body ran longer than timeout_seconds (${String(limit.timeout_seconds)})${extended(limit)} and ${how}`;
}

function extended(limit: ExecutionLimit): string {
  const { timeout_action, timeout_extension_seconds, max_timeout_extensions } = limit;
  if (timeout_action !== 'EXTEND' || max_timeout_extensions === 0) return '';
  const times = countInWords(max_timeout_extensions, 'time');
  const inAll = longestRunMs(limit) / 1000;
  return `, extended ${times} by ${String(timeout_extension_seconds)} s to ${String(inAll)} s,`;
}
