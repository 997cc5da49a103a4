import { expect, it } from '@jest/globals';

import { cascadeCancellation, cascadeTo } from './16-cascade-cancellation.js';

it.each([
  [false, undefined, 'NONE'],
  [true, undefined, 'IMMEDIATE_DEPENDENTS'],
  [false, 'ALL_DOWNSTREAM', 'ALL_DOWNSTREAM'],
  [true, 'NONE', 'NONE'],
] as const)('cascade_cancel %s, asked for %s: %s', (cascade_cancel, asked, expected) => {
  expect(cascadeCancellation({ cascade_cancel, cancel_scope: 'IMMEDIATE_DEPENDENTS' }, asked)).toBe(expected);
});

it.each([
  ['NONE', 'SUCCESS', undefined],
  ['IMMEDIATE_DEPENDENTS', 'SUCCESS', 'NONE'],
  ['ALL_DOWNSTREAM', 'SUCCESS', 'ALL_DOWNSTREAM'],
  ['ALL_DOWNSTREAM', 'DATA_READY', 'ALL_DOWNSTREAM'],
  ['ALL_DOWNSTREAM', 'COMPLETION', undefined],
] as const)('%s over %s: %s', (scope, type, expected) => {
  expect(cascadeTo(scope, type)).toBe(expected);
});
