import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRunnerPool } from '@phi/modules';
import type { AttemptResult, RunnerPool } from '@phi/modules';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { parseAllDocuments } from 'yaml';
import { csvRecords, field } from './csv-records.js';
import { sourceDirectory } from './data-files.js';
import { expectedDelays } from './expected-delays.js';
import { expectedWeather } from './expected-weather.js';

type Outputs = Readonly<Record<string, string>>;
interface ExampleJob {
  readonly job_id: string;
  readonly pipeline_modules: string[];
  readonly parameters: Record<string, unknown>;
}

const EXAMPLES = new URL('../../../examples/jobs/', import.meta.url);

let directory: string;
let pool: RunnerPool;

const readJobs = async (name: string): Promise<Map<string, ExampleJob>> => {
  const documents = parseAllDocuments(await readFile(new URL(name, EXAMPLES), 'utf8'));
  const jobs = documents.flatMap((document) => {
    const value = document.toJS() as ExampleJob | { jobs: ExampleJob[] };
    return 'jobs' in value ? value.jobs : [value];
  });
  return new Map(jobs.map((job) => [job.job_id, job]));
};

const runJob = async (
  job: ExampleJob | undefined,
  upstream: Record<string, Outputs> = {},
): Promise<AttemptResult> => {
  if (job === undefined) throw new Error('the examples have no such job');
  const outcome = await pool.run(
    {
      execution_id: `${job.job_id}-1`,
      job_id: job.job_id,
      run_id: 'run-1',
      attempt_number: 1,
      chain_id: 'expected',
      fence: 1,
      job_type: 'COMPOSITE',
      job_revision: 1,
      stages: job.pipeline_modules,
      parameters: job.parameters,
      upstream: Object.fromEntries(Object.entries(upstream).map(([name, outputs]) => [name, { ...outputs }])),
      source_dir: sourceDirectory(),
      data_dir: join(directory, 'data'),
      output_dir: join(directory, 'output'),
      workdir: join(directory, 'work', job.job_id),
    },
    { signal: new AbortController().signal },
  );
  if (outcome.kind !== 'succeeded') throw new Error(`${job.job_id}: ${JSON.stringify(outcome)}`);
  return outcome.result;
};

const readCsv = async (path: string): Promise<Record<string, string>[]> => {
  const records: Record<string, string>[] = [];
  for await (const record of csvRecords(join(directory, 'output', path))) records.push(record);
  return records;
};

const readParquet = async (path: string): Promise<Record<string, unknown>[]> =>
  parquetReadObjects({ file: await asyncBufferFromFile(join(directory, 'output', path)) });

/** A Parquet row as the CSV file has it: text. */
const asText = (row: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)]));

const numberOf = (record: Readonly<Record<string, string>>, name: string): number =>
  Number(field(record, name));

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phi-pipelines-'));
  pool = createRunnerPool({ size: 2, warm: 2, gracefulMs: 1000, forceKillMs: 1000, childEnv: {} });
});
afterAll(async () => {
  await pool.close();
  await rm(directory, { recursive: true, force: true });
});

describe('the example pipelines on real data', () => {
  it('come to the expected delays of every airport and hour', async () => {
    const jobs = await readJobs('flights.yaml');
    const expected = await expectedDelays(sourceDirectory());
    const [flights, airports] = await Promise.all([
      runJob(jobs.get('flights-ingest')),
      runJob(jobs.get('airports-ingest')),
    ]);
    expect([flights.records_processed, flights.records_failed]).toEqual([expected.flights, 0]);
    expect([airports.records_processed, airports.records_failed]).toEqual([expected.airports, 0]);

    const delays = await runJob(jobs.get('delays-by-airport-hour'), {
      'flights-ingest': flights.outputs,
      'airports-ingest': airports.outputs,
    });
    const report = await runJob(jobs.get('delays-report'), { 'delays-by-airport-hour': delays.outputs });
    expect(report.records_processed).toBe(expected.groups.size);
    expect(report.delivery_acknowledgements.map(({ records }) => records)).toEqual([
      expected.groups.size,
      expected.groups.size,
    ]);

    const rows = await readCsv(report.outputs['csv'] ?? '');
    const found = new Map(
      rows.map((row) => [
        `${field(row, 'airport')} ${field(row, 'hour')}`,
        {
          name: row['name'],
          city: row['city'],
          state: row['state'],
          flights: numberOf(row, 'flights'),
          total_delay: numberOf(row, 'total_delay'),
          late: Math.round(numberOf(row, 'share_delayed') * numberOf(row, 'flights')),
        },
      ]),
    );
    expect(found).toEqual(expected.groups);
    expect([...found.values()].reduce((sum, group) => sum + group.flights, 0)).toBe(expected.joined);
    for (const row of rows) {
      expect(numberOf(row, 'mean_delay')).toBeCloseTo(
        numberOf(row, 'total_delay') / numberOf(row, 'flights'),
        9,
      );
    }
    const parquet = await readParquet(report.outputs['parquet'] ?? '');
    const numeric = ({ mean_delay, share_delayed, ...rest }: Record<string, string>): unknown => ({
      ...rest,
      mean_delay: Number(mean_delay),
      share_delayed: Number(share_delayed),
    });
    expect(parquet.map((row) => numeric(asText(row)))).toEqual(rows.map(numeric));
  });

  it('come to the expected weather of every month, in one execution', async () => {
    const expected = await expectedWeather(sourceDirectory());
    const report = await runJob((await readJobs('weather.yaml')).get('weather-report'));
    expect(report.stages.map(({ stage }) => stage)).toEqual(['ALPHA', 'BETA', 'GAMMA']);
    expect([report.records_processed, report.records_failed]).toEqual([expected.days, 0]);

    const rows = await readCsv(report.outputs['csv'] ?? '');
    expect(rows.map((row) => field(row, 'month'))).toEqual([...expected.months.keys()].toSorted());
    for (const row of rows) {
      const month = expected.months.get(field(row, 'month'));
      expect([numberOf(row, 'days'), numberOf(row, 'rainy_days'), numberOf(row, 'lowest_temp')]).toEqual([
        month?.days,
        month?.rainy_days,
        month?.lowest_temp,
      ]);
      expect(numberOf(row, 'precipitation')).toBeCloseTo(month?.precipitation ?? NaN, 6);
      expect(numberOf(row, 'mean_temp_max')).toBeCloseTo(
        (month?.total_temp_max ?? NaN) / (month?.days ?? NaN),
        6,
      );
    }
    expect(await readParquet(report.outputs['parquet'] ?? '')).toHaveLength(expected.months.size);
  });
});
