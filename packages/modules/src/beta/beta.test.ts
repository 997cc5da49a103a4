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

  // What a statement must not get at: files, the network, settings, other databases, its own inputs' files.
  it.each([
    ["SELECT * FROM read_csv('/etc/passwd')"],
    ["SELECT * FROM '/etc/passwd'"],
    ["FROM read_blob('/proc/self/environ')"],
    ["SELECT * FROM 'https://example.com/a.parquet'"],
    ["SELECT * FROM sniff_csv('/etc/passwd')"],
    ["SELECT * FROM parquet_metadata('/etc/passwd')"],
    ["SELECT * FROM read_text('BATCH/../../../../source/a.csv')"],
    ["SELECT getenv('HOME')"],
    ["SELECT * FROM read_duckdb('/tmp/other.db')"],
    ["SELECT * FROM sqlite_scan('/tmp/other.db', 't')"],
    ["ATTACH '/tmp/other.db'"],
    ['INSTALL httpfs'],
    ['LOAD httpfs'],
    ["COPY input TO '/tmp/out.csv'"],
    ["COPY input TO 'BATCH'"],
    ["EXPORT DATABASE '/tmp/out'"],
    ['SET memory_limit = 1000000000'],
    ['RESET lock_configuration'],
    ['PRAGMA threads = 8'],
    ['PRAGMA database_list'],
    ['CALL pragma_version()'],
    ['EXPLAIN ANALYZE SELECT 1'],
    ['DROP VIEW input'],
    ['SELECT 1; DROP VIEW input'],
    ["SELECT '\u2019'; DROP VIEW input"],
    ['SELECT 1 \u0000; DROP VIEW input'],
    ['SELECT 1\uff1b DROP VIEW input'],
    ["SELECT * FROM query('COPY input TO ''BATCH''')"],
    ["SELECT * FROM query('SELECT 1; SELECT 2')"],
    ['WITH a AS (INSERT INTO input VALUES (2) RETURNING *) SELECT * FROM a'],
    ["SELECT 1) TO 'BATCH' (FORMAT parquet) --"],
    // To a file that the session may write.
    ["SELECT 1) TO 'REJECTS' (FORMAT csv); COPY (SELECT 2 AS a"],
  ])('lets no statement do more than read its inputs: %s', async (sql) => {
    const text = sql
      .replaceAll('BATCH', join(base, 'data', batch))
      .replaceAll('REJECTS', join(base, 'data/batches/job/.e-1-BETA.rejects.ndjson.e-1.partial'));
    await expect(transform(text)).rejects.toMatchObject({ code: expect.stringMatching(/^EXEC_00[35]_/) });
    expect(await stages.rowsOf({ outputs: { batch } })).toEqual([{ id: 1n }, { id: 2n }, { id: 3n }]);
    expect(await readdir(join(base, 'data/batches/job'))).toEqual(['e-1-ALPHA.parquet']);
  });

  it('has no log written', async () => {
    const path = join(base, 'log');
    await transform(`SELECT * FROM enable_logging(storage = 'file', storage_path = '${path}')`);
    await expect(readdir(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('stays within the memory, the cores and the disk that it may use', async () => {
    const settings = await transform(
      "SELECT current_setting('threads') AS threads, current_setting('memory_limit') AS memory",
    );
    expect(await stages.rowsOf(settings)).toEqual([{ threads: 1n, memory: '256.0 MiB' }]);
    const sorted = 'SELECT i, md5(i::VARCHAR) AS h FROM range(2000000) AS t(i) ORDER BY h';
    stages = createStageRunner(base, { resources: { memory_mb: 96, cpu_cores: 1, disk_mb: 8 } });
    await expect(transform(sorted)).rejects.toMatchObject({ code: 'EXEC_007_RESOURCE_EXHAUSTED' });
    stages = createStageRunner(base, { resources: { memory_mb: 96, cpu_cores: 1 } });
    expect(await transform(sorted)).toMatchObject({ metrics: { records_out: 2_000_000 } });
  });

  const quality = async (checks: object[], minimum?: number) =>
    stages.run(
      'BETA',
      { profile: { sql: 'SELECT id FROM input' }, quality: { checks, minimum } },
      { jobs: { up: { batch } } },
    );

  it('measures how good its result is: shares that pass, averaged by weight', async () => {
    const checks = [
      { name: 'small', sql: 'id < 3' },
      { name: 'known', sql: 'nullif(id, 1) > 0', weight: 3 },
      { name: 'positive', sql: 'id > 0 -- always' },
    ];
    const measured = await quality(checks, 0.7);
    expect(measured.quality_score).toBeCloseTo((2 / 3 + 3 * (2 / 3) + 1) / 5);
    expect(measured.validation_results).toEqual([
      { check: 'small', status: 'FAILED', records_failed: 1 },
      { check: 'known', status: 'FAILED', records_failed: 1 },
      { check: 'positive', status: 'PASSED', records_failed: 0 },
    ]);
  });

  it('publishes nothing that is not good enough', async () => {
    await expect(quality([{ name: 'small', sql: 'id < 3' }], 0.9)).rejects.toMatchObject({
      code: 'EXEC_023_QUALITY_TOO_LOW',
      message: 'the quality score 0.6667 is below quality.minimum (0.9); most failed: small (1 records)',
    });
    expect(await readdir(join(base, 'data/batches/job'))).toEqual(['e-1-ALPHA.parquet']);
  });

  it.each([['id > 0; SELECT 1'], ["(SELECT count(*) FROM read_csv('/etc/passwd')) > 0"], ['id >']])(
    'takes no more than a condition for a check: %s',
    async (sql) => {
      await expect(quality([{ name: 'one', sql }])).rejects.toMatchObject({
        code: expect.stringMatching(/^EXEC_00[35]_/),
      });
    },
  );
});
