import { describe, expect, it } from '@jest/globals';

import { parseArgument } from './argument-template.js';

describe('parseArgument', () => {
  it.each([
    ['', [{ text: '' }]],
    ['--verbose', [{ text: '--verbose' }]],
    ['${{ parameters.a.b-c }}', [{ path: ['parameters', 'a', 'b-c'] }]],
    ['--in=${{data_dir}}/x', [{ text: '--in=' }, { path: ['data_dir'] }, { text: '/x' }]],
    ['${{ fence }}${{ stage }}', [{ path: ['fence'] }, { path: ['stage'] }]],
    ['${{ stages.my.mod.outputs.report.csv }}', [{ path: ['stages', 'my.mod', 'report.csv'] }]],
    ['$HOME {{ fence }} $(id)', [{ text: '$HOME {{ fence }} $(id)' }]],
  ])('reads %s', (argument, parts) => {
    expect(parseArgument(argument)).toEqual({ ok: true, parts });
  });

  it.each([
    ['${{ parameters }}', '"parameters" is not a placeholder'],
    ['${{ parameters. }}', '"parameters." is not a placeholder'],
    ['${{ env.HOME }}', '"env.HOME" is not a placeholder'],
    ['${{ constructor }}', '"constructor" is not a placeholder'],
    ['a ${{ fence', 'has ${{ without }}'],
  ])('refuses %s', (argument, reason) => {
    expect(parseArgument(argument)).toEqual({ ok: false, reason });
  });
});
