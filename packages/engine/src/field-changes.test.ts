import { describe, expect, it } from '@jest/globals';

import { fieldChanges, type FieldChange } from './field-changes.js';

const CASES: readonly [name: string, before: unknown, after: unknown, changes: readonly FieldChange[]][] = [
  ['equal values', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
  ['another order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
  ['a scalar', { a: 1, b: 2 }, { a: 1, b: 3 }, [{ field: 'b', before: 2, after: 3 }]],
  ['a deep scalar', { s: { t: 'x' } }, { s: { t: 'y' } }, [{ field: 's.t', before: 'x', after: 'y' }]],
  ['what comes', {}, { a: null }, [{ field: 'a', after: null }]],
  ['what goes', { a: { b: 1 } }, { a: {} }, [{ field: 'a.b', before: 1 }]],
  [
    'a scalar for a mapping',
    { schedule: null },
    { schedule: { x: 1 } },
    [{ field: 'schedule', before: null, after: { x: 1 } }],
  ],
  ['a list for a mapping', { a: {} }, { a: [] }, [{ field: 'a', before: {}, after: [] }]],
  [
    'members of lists, by place',
    { d: [{ u: 'a' }, { u: 'b' }] },
    { d: [{ u: 'a' }, { u: 'c' }, { u: 'd' }] },
    [
      { field: 'd[1].u', before: 'b', after: 'c' },
      { field: 'd[2]', after: { u: 'd' } },
    ],
  ],
  ['a key that objects have anyway', { p: {} }, { p: { toString: 1 } }, [{ field: 'p.toString', after: 1 }]],
];

describe('fieldChanges', () => {
  it.each(CASES)('tells %s', (_name, before, after, changes) => {
    expect(fieldChanges(before, after)).toEqual(changes);
  });
});
