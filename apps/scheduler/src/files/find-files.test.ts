import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readFilePattern } from '@phi/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { findFiles, type Finding } from './find-files.js';

const NOBODY = 65_534;

describe('findFiles', () => {
  let outside: string;
  let root: string;

  beforeEach(async () => {
    outside = await mkdtemp(path.join(tmpdir(), 'phi-files-'));
    root = path.join(outside, 'source');
    await mkdir(root);
  });
  afterEach(() => rm(outside, { recursive: true, force: true }));

  async function put(...names: string[]): Promise<void> {
    for (const name of names) {
      await mkdir(path.dirname(path.join(root, name)), { recursive: true });
      await writeFile(path.join(root, name), name);
    }
  }
  async function find(text: string): Promise<Finding> {
    const read = readFilePattern(text);
    if (!read.ok) throw new Error(read.reason);
    return findFiles(root, read.pattern);
  }
  async function pathsOf(text: string): Promise<string[]> {
    const { files, faults } = await find(text);
    expect(faults).toEqual(new Map());
    return files.map((file) => file.path).sort();
  }

  /** Root may read everything; whoever else runs the tests may not read what nobody may. */
  async function asSomebodyElse<T>(act: () => Promise<T>): Promise<T> {
    const isRoot = process.geteuid?.() === 0;
    const closed = path.join(root, 'in', 'closed');
    await chmod(closed, isRoot ? 0o700 : 0);
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      return await act();
    } finally {
      if (isRoot) process.seteuid?.(0);
      await chmod(closed, 0o700);
    }
  }

  it.each([
    ['*.csv', ['a.csv', 'x(1).csv']],
    ['in/', ['in/a.csv', 'in/b.txt']],
    ['in/a.csv', ['in/a.csv']],
    ['in/**', ['in/a.csv', 'in/b.txt', 'in/x/c.csv', 'in/x/y/d.csv']],
    ['**/*.csv', ['a.csv', 'in/a.csv', 'in/x/c.csv', 'in/x/y/d.csv', 'x(1).csv']],
    ['in/*/*.csv', ['in/x/c.csv']],
    ['x(1).csv', ['x(1).csv']],
    ['none.csv', []],
  ])('finds what %s names', async (text, expected) => {
    await put('a.csv', 'x(1).csv', 'in/a.csv', 'in/b.txt', 'in/x/c.csv', 'in/x/y/d.csv');
    expect(await pathsOf(text)).toEqual(expected);
  });

  it('leaves out what is hidden or not finished, and directories of such names', async () => {
    await put(
      'a.csv',
      '.a.csv',
      'a.csv.tmp',
      'a.csv.part',
      'a.csv~',
      '.git/a.csv',
      'out.tmp/a.csv',
      'dir.csv/b',
    );
    expect(await pathsOf('**')).toEqual(['a.csv', 'dir.csv/b']);
    expect(await pathsOf('*.csv')).toEqual(['a.csv']);
  });

  it('says of each file what tells its versions apart', async () => {
    await put('a.csv');
    const [file] = (await find('a.csv')).files;
    expect(file).toEqual({
      path: 'a.csv',
      size: 5n,
      modified_ns: expect.any(BigInt),
      inode: expect.any(BigInt),
    });
  });

  it('follows no link out of the directory, nor any other', async () => {
    await writeFile(path.join(outside, 'secret.csv'), 'x');
    await put('in/a.csv');
    await symlink(outside, path.join(root, 'out'));
    await symlink(path.join(outside, 'secret.csv'), path.join(root, 'link.csv'));
    await symlink(path.join(root, 'in', 'a.csv'), path.join(root, 'inner.csv'));
    await symlink('../..', path.join(root, 'in', 'up'));
    await symlink('/', path.join(root, 'in', 'everything'));
    expect(await pathsOf('**')).toEqual(['in/a.csv']);
    expect(await pathsOf('*/*.csv')).toEqual(['in/a.csv']);
    for (const text of ['out/secret.csv', 'out/*', 'in/up/*', 'in/everything/etc/**']) {
      const { files, faults } = await find(text);
      expect([text, files, [...faults.values()]]).toEqual([text, [], ['leads out of the source directory']]);
    }
    expect((await find('link.csv')).files).toEqual([]);
  });

  it('takes a source directory that is a link itself, and a link to a directory inside', async () => {
    await put('in/a.csv');
    await symlink('in', path.join(root, 'alias'));
    const link = path.join(outside, 'current');
    await symlink('source', link);
    root = link;
    expect(await pathsOf('in/*')).toEqual(['in/a.csv']);
    expect(await pathsOf('alias/*')).toEqual(['alias/a.csv']);
  });

  it('says which directory is not there, or is none', async () => {
    await put('a.csv');
    expect((await find('in/x/*.csv')).faults).toEqual(new Map([['in/x', 'is not there']]));
    expect((await find('a.csv/*')).faults).toEqual(new Map([['a.csv', 'is no directory']]));
    root = path.join(root, 'nowhere');
    expect((await find('*')).faults).toEqual(new Map([['', 'is not there']]));
  });

  it('says which directory may not be read, and finds what is elsewhere', async () => {
    await put('in/a.csv', 'in/closed/b.csv');
    await chmod(outside, 0o755);
    const { files, faults } = await asSomebodyElse(() => find('in/**'));
    expect(files.map((file) => file.path)).toEqual(['in/a.csv']);
    expect(faults).toEqual(new Map([['in/closed', 'may not be read']]));
  });

  it('finds thousands of files', async () => {
    await put(...Array.from({ length: 2000 }, (_, index) => `in/${String(index)}.csv`));
    expect((await find('in/')).files).toHaveLength(2000);
  });
});
