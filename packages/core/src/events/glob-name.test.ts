import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { matchesName, readNameGlob } from './glob-name.js';

const matches = (glob: string, name: string): boolean => {
  const read = readNameGlob(glob);
  if (read === undefined) throw new Error(`${glob} cannot be read`);
  return matchesName(read, name);
};

/** The same by a regular expression, which may run away and so is only for short names. */
const byExpression = (glob: string, name: string): boolean => {
  const expression = glob
    .replace(/[.()+|^$]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.')
    .replace(/\[!/g, '[^');
  return new RegExp(`^${expression}$`, 'su').test(name);
};

describe('a glob for a name', () => {
  it.each([
    ['*.csv', ['a.csv', '.csv', 'a.b.csv'], ['a.csv.gz', 'a.CSV', 'acsv']],
    ['day-??.csv', ['day-01.csv', 'day-äö.csv', 'day-🙂x.csv'], ['day-1.csv', 'day-001.csv']],
    ['[a-c]*', ['a', 'banana', 'c.csv'], ['d', '', 'A']],
    ['[!a-c]*', ['d', 'x.csv'], ['a', 'banana', '']],
    ['[]x]', [']', 'x'], ['', '[]x]']],
    ['[a-]', ['a', '-'], ['b']],
    ['x(1).{csv,tsv}', ['x(1).{csv,tsv}'], ['x1.csv', 'x(1).csv']],
    ['', [''], ['a']],
  ])('%s', (glob, taken, left) => {
    expect(taken.filter((name) => !matches(glob, name))).toEqual([]);
    expect(left.filter((name) => matches(glob, name))).toEqual([]);
  });

  it('is what the expression of the same form is', () => {
    const part = fc.constantFrom('*', '?', 'a', 'b', '.', '(', '[ab]', '[!b]', '[a-c]');
    const glob = fc.array(part, { maxLength: 7 }).map((parts) => parts.join(''));
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '('), maxLength: 8 });
    fc.assert(
      fc.property(glob, name, (text, candidate) => {
        expect(matches(text, candidate)).toBe(byExpression(text, candidate));
      }),
      { numRuns: 2000 },
    );
  });

  it('cannot be kept busy by a name', () => {
    // The processor's time: others on the machine do not count.
    const before = process.cpuUsage();
    expect(matches(`${'*a'.repeat(120)}*b`, 'a'.repeat(255))).toBe(false);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(500);
  });

  it.each(['[', 'a[b', '[]', '[!]'])('cannot be %s', (glob) => {
    expect(readNameGlob(glob)).toBeUndefined();
  });
});
