import { describe, expect, it } from '@jest/globals';

import { depthOf } from './event-depth.js';

describe('depthOf', () => {
  it.each([
    [undefined, 0],
    [3, 3],
    ['3', 3],
    [0, 0],
    [-1, 0],
    [1.5, 0],
    ['none', 0],
    ['', 0],
    [1e300, 1e300],
  ])('of phidepth %j is %d', (phidepth, depth) => {
    const base = { specversion: '1.0', id: '1', source: 's', type: 't' } as const;
    expect(depthOf(phidepth === undefined ? base : { ...base, phidepth })).toBe(depth);
  });
});
