import { expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  executionTimeout,
  longestRunMs,
  NO_OVERRUN,
  type ExecutionLimit,
  type OverrunSoFar,
} from './12-execution-timeout.js';

const limit = (more: Partial<ExecutionLimit> = {}): ExecutionLimit => ({
  timeout_seconds: 60,
  timeout_action: 'TERMINATE',
  timeout_extension_seconds: null,
  max_timeout_extensions: 1,
  ...more,
});
const warn = limit({ timeout_action: 'WARN' });
const extend = limit({ timeout_action: 'EXTEND', timeout_extension_seconds: 30, max_timeout_extensions: 2 });
const said = (more: Partial<OverrunSoFar>): OverrunSoFar => ({ ...NO_OVERRUN, ...more });

it.each([
  ['TERMINATE', limit(), 0, NO_OVERRUN, { verdict: 'CONTINUE', left_ms: 60_000 }],
  ['TERMINATE', limit(), 59_999, NO_OVERRUN, { verdict: 'CONTINUE', left_ms: 1 }],
  ['TERMINATE', limit(), 60_000, NO_OVERRUN, { verdict: 'TERMINATE' }],
  ['TERMINATE', limit(), 90_000, NO_OVERRUN, { verdict: 'TERMINATE' }],
  ['WARN', warn, 59_999, NO_OVERRUN, { verdict: 'CONTINUE', left_ms: 1 }],
  ['WARN', warn, 60_000, NO_OVERRUN, { verdict: 'WARN' }],
  ['WARN', warn, 60_000, said({ warned: true }), { verdict: 'CONTINUE', left_ms: Infinity }],
  ['EXTEND', extend, 60_000, NO_OVERRUN, { verdict: 'EXTEND' }],
  ['EXTEND', extend, 60_000, said({ extensions: 1 }), { verdict: 'CONTINUE', left_ms: 30_000 }],
  ['EXTEND', extend, 90_000, said({ extensions: 1 }), { verdict: 'EXTEND' }],
  ['EXTEND', extend, 120_000, said({ extensions: 2 }), { verdict: 'TERMINATE' }],
])('%s %j after %d ms, %j: %j', (_name, of, ranMs, soFar, expected) => {
  expect(executionTimeout(of, ranMs, soFar)).toEqual(expected);
});

it.each([
  [limit(), 60_000],
  [limit({ timeout_extension_seconds: 30 }), 60_000],
  [warn, Infinity],
  [extend, 120_000],
  [{ ...extend, max_timeout_extensions: 0 }, 60_000],
])('%j lasts at most %d ms', (of, expected) => {
  expect(longestRunMs(of)).toBe(expected);
});

it('is asked again after what it says, and terminates exactly at the longest time', () => {
  const limits = fc.record({
    timeout_seconds: fc.integer({ min: 1, max: 100 }),
    timeout_action: fc.constantFrom('TERMINATE' as const, 'WARN' as const, 'EXTEND' as const),
    timeout_extension_seconds: fc.integer({ min: 1, max: 100 }),
    max_timeout_extensions: fc.integer({ min: 0, max: 10 }),
  });
  fc.assert(
    fc.property(limits, (of) => {
      const verdicts: string[] = [];
      let ranMs = 0;
      let soFar = NO_OVERRUN;
      for (;;) {
        const answer = executionTimeout(of, ranMs, soFar);
        if (answer.verdict === 'CONTINUE' && answer.left_ms === Infinity) break;
        if (answer.verdict === 'CONTINUE') ranMs += answer.left_ms;
        else verdicts.push(answer.verdict);
        if (answer.verdict === 'WARN') soFar = { ...soFar, warned: true };
        if (answer.verdict === 'EXTEND') soFar = { ...soFar, extensions: soFar.extensions + 1 };
        if (answer.verdict === 'TERMINATE') break;
      }
      const extensions = of.timeout_action === 'EXTEND' ? of.max_timeout_extensions : 0;
      expect(verdicts).toEqual(
        of.timeout_action === 'WARN' ? ['WARN'] : [...Array<string>(extensions).fill('EXTEND'), 'TERMINATE'],
      );
      if (of.timeout_action !== 'WARN') expect(ranMs).toBe(longestRunMs(of));
    }),
  );
});
