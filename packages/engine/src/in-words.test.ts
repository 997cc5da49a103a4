import { expect, it } from '@jest/globals';

import { countInWords, durationInWords, listInWords } from './in-words.js';

it.each([
  [-5, '0 ms'],
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1 s'],
  [59_600, '1 m'],
  [60_000, '1 m'],
  [185_000, '3 m 5 s'],
  [3_600_000, '1 h'],
  [3_605_000, '1 h'],
  [7_500_000, '2 h 5 m'],
  [183_600_000, '2 d 3 h'],
  [8_640_000_000, '100 d'],
])('%d ms is %s', (ms, text) => {
  expect(durationInWords(ms)).toBe(text);
});

it.each([
  [['a'], 3, undefined, 'a'],
  [['a', 'b', 'c'], 3, undefined, 'a, b, c'],
  [['a', 'b', 'c'], 2, undefined, 'a, b and 1 more'],
  [['a', 'b'], 3, 10, 'a, b and 8 more'],
])('%j, at most %d, of %s: %s', (items, atMost, total, text) => {
  expect(listInWords(items, atMost, total)).toBe(text);
});

it('counts', () => {
  expect(countInWords(1, 'executor')).toBe('1 executor');
  expect(countInWords(0, 'executor')).toBe('0 executors');
  expect(countInWords(2, 'other stands', 'others stand')).toBe('2 others stand');
});
