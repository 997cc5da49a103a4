import { describe, expect, it } from '@jest/globals';

import { statusCell } from './status-cell.js';
import { facts, table } from './table.js';

const ESCAPE = '\u001B';

describe('table', () => {
  it('aligns columns and ends no line with a space', () => {
    expect(
      table(
        ['JOB', 'NEXT'],
        [
          ['a_long_name', null],
          ['b', 'now'],
        ],
      ),
    ).toBe('JOB          NEXT\na_long_name\nb            now');
  });

  it('takes what a terminal would obey out of foreign text', () => {
    expect(table(['JOB'], [[`x${ESCAPE}[2Jy\u0000\u009B31m`]])).toBe('JOB\nxy');
    expect(
      facts([
        ['job', `${ESCAPE}]0;title\u0007z`],
        ['none', undefined],
      ]),
    ).toBe('job  z');
  });

  it('colours a status only where colours are wanted', () => {
    expect(table(['STATUS'], [[statusCell('FAILED', false)]])).toBe('STATUS\nFAILED');
    expect(table(['STATUS'], [[statusCell('FAILED', true)]])).toContain(`${ESCAPE}[31mFAILED`);
  });
});
