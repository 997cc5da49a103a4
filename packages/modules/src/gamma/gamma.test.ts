import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createStageRunner } from '../../fixtures/stage-runner.mjs';
import type { StageRunner } from '../../fixtures/stage-runner.mjs';

let base: string;
let stages: StageRunner;
let batch: string;

const deliver = async (parameters: unknown) =>
  stages.run('GAMMA', parameters, { stages: { ALPHA: { batch } } });
const delivered = async (path: string): Promise<string> => readFile(join(base, 'output', path), 'utf8');

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'phi-gamma-'));
  await mkdir(join(base, 'source'));
  await writeFile(join(base, 'source/a.csv'), 'id,name\n1,"x, y"\n2,\n');
  stages = createStageRunner(base);
  const ingested = await stages.run('ALPHA', { source: { path: 'a.csv' } });
  batch = ingested.outputs?.['batch'] ?? '';
});
afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

describe('GAMMA', () => {
  it('delivers every format and acknowledges what is really there', async () => {
    const paths = ['r/a.csv', 'r/a.json', 'r/a.ndjson', 'r/a.parquet'];
    const result = await deliver({ destinations: paths.map((path) => ({ path })) });
    expect(await delivered('r/a.csv')).toBe('id,name\n1,"x, y"\n2,\n');
    expect(JSON.parse(await delivered('r/a.json'))).toEqual([
      { id: 1, name: 'x, y' },
      { id: 2, name: null },
    ]);
    expect((await delivered('r/a.ndjson')).trim().split('\n')).toHaveLength(2);
    for (const acknowledgement of result.delivery_acknowledgements ?? []) {
      if (!('path' in acknowledgement)) throw new Error('not of a file');
      const bytes = await readFile(join(base, 'output', acknowledgement.path));
      expect(acknowledgement).toMatchObject({
        records: 2,
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
    }
    expect(result.delivery_acknowledgements).toHaveLength(4);
    expect((await readdir(join(base, 'output/r'))).toSorted()).toEqual([
      'a.csv',
      'a.json',
      'a.ndjson',
      'a.parquet',
    ]);
  });

  it('replaces a file, or refuses to, as it is told', async () => {
    const destinations = [{ path: 'a.csv' }];
    await mkdir(join(base, 'output'));
    await writeFile(join(base, 'output/a.csv'), 'old');
    await expect(deliver({ destinations, delivery: { if_exists: 'FAIL' } })).rejects.toMatchObject({
      code: 'EXEC_004_OUTPUT_FAILED',
    });
    expect(await delivered('a.csv')).toBe('old');
    await deliver({ destinations });
    expect(await delivered('a.csv')).toContain('x, y');
  });

  it('names the kinds of destination there are', async () => {
    await expect(deliver({ destinations: [{ type: 'FTP', path: 'a.csv' }] })).rejects.toMatchObject({
      code: 'EXEC_005_INVALID_CONFIG',
      message: 'parameters.GAMMA.destinations.0.type: expected FILE, POSTGRES or WEBHOOK',
    });
  });

  it('leaves every destination as it was when one cannot be written', async () => {
    await mkdir(join(base, 'output/taken.csv'), { recursive: true });
    await expect(deliver({ destinations: [{ path: '../a.csv' }] })).rejects.toMatchObject({
      code: 'EXEC_005_INVALID_CONFIG',
    });
    batch = 'batches/none.parquet';
    await expect(deliver({ destinations: [{ path: 'a.csv' }, { path: 'b.csv' }] })).rejects.toMatchObject({
      code: 'EXEC_004_OUTPUT_FAILED',
    });
    expect(await readdir(join(base, 'output'))).toEqual(['taken.csv']);
  });
});
