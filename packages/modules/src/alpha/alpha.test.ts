import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createStageRunner } from '../../fixtures/stage-runner.mjs';
import type { StageRunner } from '../../fixtures/stage-runner.mjs';

let base: string;
let stages: StageRunner;

const source = async (name: string, text: string): Promise<void> => {
  await mkdir(join(base, 'source'), { recursive: true });
  await writeFile(join(base, 'source', name), text);
};
const ingest = async (parameters: unknown) => stages.run('ALPHA', parameters);
const rejects = async (): Promise<unknown[]> => {
  const text = await readFile(join(base, 'data/batches/job/e-1-ALPHA.rejects.ndjson'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
};

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'phi-alpha-'));
  await mkdir(join(base, 'source'));
  stages = createStageRunner(base);
});
afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

describe('ALPHA', () => {
  it.each([
    ['a.csv', 'id,name\n1,x\n2,y\n'],
    ['a.json', '[{"id":1,"name":"x"},{"id":2,"name":"y"}]'],
    ['a.ndjson', '{"id":1,"name":"x"}\n{"id":2,"name":"y"}\n'],
  ])('ingests %s with the types it finds', async (name, text) => {
    await source(name, text);
    const result = await ingest({ source: { path: name } });
    expect(result).toMatchObject({ records_processed: 2, records_failed: 0, quality_score: 1 });
    expect(await stages.rowsOf(result)).toEqual([
      { id: 1n, name: 'x' },
      { id: 2n, name: 'y' },
    ]);
  });

  it('ingests every file that a glob matches, in order', async () => {
    await source('b-2.csv', 'id\n2\n');
    await source('b-1.csv', 'id\n1\n');
    await source('c.csv', 'id\n3\n');
    expect(await stages.rowsOf(await ingest({ source: { path: 'b-*.csv' } }))).toEqual([
      { id: 1n },
      { id: 2n },
    ]);
  });

  it('counts, explains and keeps what it rejects, by column and by line', async () => {
    await source(
      'a.csv',
      'id,price,day\n1,2.5,2024-02-29\n2.5,3,2024-01-01\n3,-1,2024-01-01\n4,5,2023-02-29\n5\n,1,\n',
    );
    const columns = [
      { name: 'id', type: 'integer', required: true },
      { name: 'price', type: 'number', minimum: 0 },
      { name: 'day', type: 'date' },
    ];
    const result = await ingest({ source: { path: 'a.csv' }, batch: { columns } });
    expect(result).toMatchObject({ records_processed: 6, records_failed: 5, quality_score: 1 / 6 });
    expect(result.validation_results?.map(({ check, records_failed }) => [check, records_failed])).toEqual([
      ['column id', 2],
      ['column price', 1],
      ['column day', 1],
      ['well-formed rows', 1],
    ]);
    expect(await rejects()).toEqual([
      expect.objectContaining({ column: 'id', reason: 'is not of type integer' }),
      expect.objectContaining({ column: 'price', reason: 'is below 0' }),
      expect.objectContaining({ column: 'day', record: { id: '4', price: '5', day: '2023-02-29' } }),
      expect.objectContaining({ column: 'id', reason: 'is required' }),
      expect.objectContaining({ line: 6, record: '5' }),
    ]);
  });

  it('fails when it rejects more than max_rejected, keeps the rejects and publishes no batch', async () => {
    await source('a.csv', 'id\nx\ny\n1\n');
    const batch = { columns: [{ name: 'id', type: 'integer' }], max_rejected: 1 };
    await expect(ingest({ source: { path: 'a.csv' }, batch })).rejects.toMatchObject({
      code: 'EXEC_001_INGESTION_FAILED',
      message: expect.stringContaining('max_rejected (1)'),
    });
    expect(await rejects()).toHaveLength(2);
    expect(await readdir(join(base, 'data/batches/job'))).toEqual(['e-1-ALPHA.rejects.ndjson']);
  });

  it.each([
    ['../a.csv', 'has a ".." part'],
    ['/etc/hostname', 'is outside the allowed directory'],
    ['link/hostname', 'leads outside the allowed directory'],
  ])('refuses the path %s', async (path, reason) => {
    await symlink('/etc', join(base, 'source/link'));
    await expect(ingest({ source: { path, format: 'CSV' } })).rejects.toMatchObject({
      code: 'EXEC_005_INVALID_CONFIG',
      message: expect.stringMatching(
        new RegExp(`^parameters\\.ALPHA\\.source\\.path: .*${reason.replaceAll('.', '\\.')}`),
      ),
    });
  });

  it.each([
    [
      'a file that is not there',
      { source: { path: 'none.csv' } },
      'EXEC_001_INGESTION_FAILED',
      'there is no file "none.csv"',
    ],
    [
      'a column that is not there',
      { source: { path: 'a.csv' }, batch: { columns: [{ name: 'z', type: 'date' }] } },
      'EXEC_001_INGESTION_FAILED',
      'no column z; it has: id',
    ],
    [
      'an unknown extension',
      { source: { path: 'a.txt' } },
      'EXEC_005_INVALID_CONFIG',
      'accepted: CSV, JSON, NDJSON, PARQUET',
    ],
    [
      'a field that is not known',
      { source: { path: 'a.csv', fromat: 'CSV' } },
      'EXEC_005_INVALID_CONFIG',
      'fromat',
    ],
  ])('says what is wrong with %s', async (_name, parameters, code, message) => {
    await source('a.csv', 'id\n1\n');
    await source('a.txt', 'id\n1\n');
    await expect(ingest(parameters)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
