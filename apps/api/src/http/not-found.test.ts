import { describe, expect, it } from '@jest/globals';

import { nearNames } from './not-found.js';

const KNOWN = ['ingest-flights', 'ingest-airports', 'delays', 'delays-report', 'b'];

describe('nearNames', () => {
  it.each([
    ['ingest-flight', ['ingest-flights']],
    ['INGEST-FLIGHTS', ['ingest-flights']],
    ['dleays', ['delays']],
    ['delay', ['delays', 'delays-report']],
    ['weather', []],
  ])('takes %s for %j', (name, near) => {
    expect(nearNames(name, KNOWN)).toEqual(near);
  });

  it('names three at most', () => {
    expect(nearNames('job', ['job1', 'job2', 'job3', 'job4'])).toEqual(['job1', 'job2', 'job3']);
  });

  it('does not search among more names than it can compare in a moment', () => {
    expect(
      nearNames(
        'job-1',
        Array.from({ length: 10_001 }, (_, index) => `job-${String(index)}`),
      ),
    ).toEqual([]);
  });
});
