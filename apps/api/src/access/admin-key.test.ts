import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { AdminKeyDamaged, adminKeyFile, loadAdminKey } from './admin-key.js';

describe('loadAdminKey', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'phi-admin-key-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('makes a key that only its owner can read, and keeps it', async () => {
    const data = path.join(dir, 'new', 'data');
    const key = await loadAdminKey(data);
    expect(key).toMatch(/^phi_[A-Za-z0-9_-]{43}$/);
    expect(await readFile(adminKeyFile(data), 'utf8')).toBe(`${key}\n`);
    expect((await stat(adminKeyFile(data))).mode & 0o777).toBe(0o600);
    expect(await loadAdminKey(data)).toBe(key);
  });

  it('gives all that start at once the same key, and leaves nothing else behind', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => loadAdminKey(dir)));
    expect(new Set(keys).size).toBe(1);
    expect(await readdir(dir)).toEqual(['admin.key']);
  });

  it('closes a file that others could read', async () => {
    const key = await loadAdminKey(dir);
    await writeFile(path.join(dir, 'copy'), key, { mode: 0o644 });
    await rm(adminKeyFile(dir));
    await writeFile(adminKeyFile(dir), key, { mode: 0o644 });
    expect(await loadAdminKey(dir)).toBe(key);
    expect((await stat(adminKeyFile(dir))).mode & 0o777).toBe(0o600);
  });

  it.each(['', 'phi_short', 'not a key at all'])('refuses a file that holds %j', async (text) => {
    await writeFile(adminKeyFile(dir), text);
    await expect(loadAdminKey(dir)).rejects.toThrow(AdminKeyDamaged);
    expect(await readFile(adminKeyFile(dir), 'utf8')).toBe(text);
  });
});
