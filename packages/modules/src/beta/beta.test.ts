import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createStageRunner } from '../../fixtures/stage-runner.mjs';
import type { StageRunner } from '../../fixtures/stage-runner.mjs';

let base: string;
let stages: StageRunner;
let batch: string;

const transform = async (sql: string, inputs?: unknown) =>
  stages.run(
    'BETA',
    { profile: { sql }, ...(inputs === undefined ? {} : { inputs }) },
    { jobs: { up: { batch } } },
  );

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'phi-beta-'));
  await mkdir(join(base, 'source'));
  await writeFile(join(base, 'source/a.csv'), 'id\n1\n2\n3\n');
  stages = createStageRunner(base);
  const ingested = await stages.run('ALPHA', { source: { path: 'a.csv' } });
  batch = ingested.outputs?.['batch'] ?? '';
});
afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

describe('BETA', () => {
  it('transforms named inputs, and its only one without a name', async () => {
    const named = await transform('SELECT sum(id)::INTEGER AS s FROM a; -- done'.replace(';', ''), {
      a: { job: 'up' },
    });
    expect(named).toMatchObject({ records_processed: 3, metrics: { records_out: 1 } });
    expect(await stages.rowsOf(named)).toEqual([{ s: 6 }]);
    expect(await stages.rowsOf(await transform('SELECT id FROM input WHERE id > 2 ;'))).toEqual([{ id: 3n }]);
  });

  it.each([
    ["SELECT * FROM read_text('/etc/hostname')"],
    ["SELECT * FROM glob('/etc/*')"],
    ["SELECT * FROM read_csv('SOURCE/a.csv')"],
  ])('lets the statement read nothing but its inputs: %s', async (sql) => {
    await expect(transform(sql.replace('SOURCE', join(base, 'source')))).rejects.toMatchObject({
      code: 'EXEC_003_TRANSFORM_FAILED',
      message: expect.stringContaining('Permission Error'),
    });
  });

  it.each([
    ['SELECT 1; SELECT 2'],
    ['SET threads = 8'],
    ["COPY (SELECT 1) TO 'BATCH' (FORMAT parquet)"],
    ["SELECT 1) TO 'BATCH' (FORMAT parquet); COPY (SELECT 1"],
    ['CREATE TABLE t (a INTEGER)'],
  ])('refuses what is not one SELECT: %s', async (sql) => {
    const text = sql.replace('BATCH', join(base, 'data', batch));
    await expect(transform(text)).rejects.toMatchObject({ code: expect.stringMatching(/^EXEC_00[35]_/) });
    expect(await stages.rowsOf({ outputs: { batch } })).toHaveLength(3);
  });

  it('leaves no part of a result behind when it fails', async () => {
    await expect(transform("SELECT CAST('x' AS INTEGER) AS a FROM input")).rejects.toMatchObject({
      code: 'EXEC_003_TRANSFORM_FAILED',
    });
    expect(await readdir(join(base, 'data/batches/job'))).toEqual(['e-1-ALPHA.parquet']);
  });

  it('names an input that is not there, and what there is', async () => {
    await expect(transform('SELECT 1', { a: { job: 'other' } })).rejects.toMatchObject({
      code: 'EXEC_005_INVALID_CONFIG',
      message: 'parameters.BETA.inputs.a: job "other" published nothing for this execution; there is: up',
    });
  });
});
