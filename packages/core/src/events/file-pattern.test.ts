import { describe, expect, it } from '@jest/globals';

import { enter, isLeftOut, readFilePattern, startOf, takesFile, type FilePattern } from './file-pattern.js';

function patternOf(text: string): FilePattern {
  const read = readFilePattern(text);
  if (!read.ok) throw new Error(read.reason);
  return read.pattern;
}

/** Whether a walk from the base comes to the file. */
function takes(text: string, file: string): boolean {
  const pattern = patternOf(text);
  const names = file.split('/');
  const below = names.slice(pattern.base.length);
  const name = below.pop() ?? '';
  if (pattern.base.join('/') !== names.slice(0, pattern.base.length).join('/')) return false;
  const state = below.reduce((reached, directory) => enter(pattern, reached, directory), startOf(pattern));
  return takesFile(pattern, state, name);
}

describe('readFilePattern', () => {
  it.each([
    ['a.csv', ['a.csv'], ['b.csv', 'x/a.csv']],
    ['in/*.csv', ['in/a.csv'], ['in/a.txt', 'in/b/a.csv', 'a.csv', 'inn/a.csv']],
    ['in/', ['in/a.csv', 'in/b'], ['in/b/c', 'a']],
    ['in/**', ['in/a', 'in/b/c', 'in/b/c/d'], ['a', 'out/a']],
    ['in/**/', ['in/a', 'in/b/c'], ['a']],
    ['in/**/*.csv', ['in/a.csv', 'in/b/c/d.csv'], ['in/a.txt', 'in/b/c.csv/d']],
    ['**/day-?.csv', ['day-1.csv', 'x/y/day-2.csv'], ['day-10.csv']],
    ['*/in/*.csv', ['x/in/a.csv'], ['in/a.csv', 'x/y/in/a.csv']],
    ['a/**/b/**/c', ['a/b/c', 'a/x/b/y/z/c', 'a/b/b/c'], ['a/c', 'a/x/c', 'b/c']],
    ['2026-[01][0-9]/x', ['2026-11/x'], ['2026-21/x']],
  ])('%s', (text, taken, left) => {
    expect(taken.filter((file) => !takes(text, file))).toEqual([]);
    expect(left.filter((file) => takes(text, file))).toEqual([]);
  });

  it('looks no further than the parts that are no glob', () => {
    expect(patternOf('a/b/c.csv').base).toEqual(['a', 'b']);
    expect(patternOf('a/b-*/c.csv').base).toEqual(['a']);
    expect(patternOf('*').base).toEqual([]);
  });

  it('goes into no directory in which nothing can match', () => {
    const pattern = patternOf('in/*/x.csv');
    expect(enter(pattern, enter(pattern, startOf(pattern), 'a'), 'b')).toEqual([]);
  });

  it.each([
    ['', 'names no file'],
    ['/etc/passwd', 'is an absolute path'],
    ['/', 'is an absolute path'],
    ['C:/x', 'is an absolute path'],
    ['../x', 'has an empty part, a "." or a ".."'],
    ['in/../../x', 'has an empty part, a "." or a ".."'],
    ['in/**/..', 'has an empty part, a "." or a ".."'],
    ['./in', 'has an empty part, a "." or a ".."'],
    ['in//x', 'has an empty part, a "." or a ".."'],
    ['in\\..\\x', 'has a character that is not allowed in it'],
    ['in/\u0000x', 'has a character that is not allowed in it'],
    ['in/[a.csv', 'has a [ without its ]'],
    ['in/.hidden/x', 'names .hidden, which is hidden or not finished'],
    ['in/x.tmp', 'names x.tmp, which is hidden or not finished'],
  ])('refuses %j', (text, reason) => {
    expect(readFilePattern(text)).toEqual({ ok: false, reason });
  });
});

describe('isLeftOut', () => {
  it('leaves out what is hidden, or not finished', () => {
    const left = ['.a', '.', 'a.tmp', 'a.csv.part', 'A.CRDOWNLOAD', 'a~', '~$a.xlsx'];
    expect(left.filter((name) => !isLeftOut(name))).toEqual([]);
    const kept = ['a.csv', 'tmp', 'a.tmp.csv', 'part', 'a.parts', 'a~b'];
    expect(kept.filter((name) => isLeftOut(name))).toEqual([]);
  });
});
