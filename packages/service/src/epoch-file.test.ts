import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { EpochFile } from './epoch-file.js';

const seen = { data_set: 'one', mark: 1, takeover: { server: 'a', mark: 0 } };

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'phi-epoch-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

it('is written whole by services that write it at once, and leaves nothing beside it', async () => {
  const files = Array.from({ length: 20 }, () => new EpochFile(dataDir, 'shared'));
  await Promise.all(files.map((file) => file.write(seen)));
  expect(await files[0]?.read()).toEqual(seen);
  expect(await readdir(join(dataDir, 'epochs'))).toEqual(['shared.json']);
});

it('leaves no draft where it cannot be written', async () => {
  await mkdir(join(dataDir, 'epochs', 'taken.json'), { recursive: true });
  await expect(new EpochFile(dataDir, 'taken').write(seen)).rejects.toThrow('EISDIR');
  expect(await readdir(join(dataDir, 'epochs'))).toEqual(['taken.json']);
});
