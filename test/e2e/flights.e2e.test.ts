import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { sourceDirectory } from './expected/data-files.js';
import { expectedDelays } from './expected/expected-delays.js';
import { expectedWeather } from './expected/expected-weather.js';
import type { RunAnswer } from './fixture/api-client.js';
import { Phi, ROOT } from './fixture/phi.js';
import { expectDelays, expectWeather } from './fixture/written-files.js';

const execute = promisify(execFile);

let phi: Phi;

/** The command as a user has it: it finds the key by the data directory. */
const phiCommand = async (...args: string[]): Promise<unknown> => {
  const main = join(ROOT, 'apps', 'cli', 'dist', 'main.js');
  const env = { ...process.env, PHI_API_URL: phi.api.url, PHI_DATA_DIR: phi.dataDir };
  const { stdout } = await execute(process.execPath, [main, '-o', 'json', ...args], { env });
  return JSON.parse(stdout) as unknown;
};

/** Every job of a run has one execution, and that one recorded completion. */
const expectOneCompletionEach = async (run: RunAnswer, jobIds: readonly string[]): Promise<void> => {
  expect(run.status).toBe('succeeded');
  expect(run.executions.map(({ job_id }) => job_id)).toEqual(jobIds);
  for (const { execution_id, status, attempt_number } of run.executions) {
    expect([status, attempt_number]).toEqual(['COMPLETED', 1]);
    const { history } = await phi.api.execution(execution_id);
    expect(history.filter(({ event }) => event === 'COMPLETE')).toHaveLength(1);
  }
};

beforeAll(async () => {
  phi = await Phi.start();
  await phiCommand('apply', join(ROOT, 'examples', 'jobs'));
});
afterAll(async () => {
  await phi.stop();
});

describe('the example pipelines on services of their own', () => {
  it('bring the flights from raw files to the expected report', async () => {
    await phi.api.ended(await phi.api.trigger('airports-ingest', { propagate: true }));
    const runId = await phi.api.trigger('flights-ingest');
    const expected = await expectedDelays(sourceDirectory());
    const run = await phi.api.ended(runId);

    await expectOneCompletionEach(run, ['flights-ingest', 'delays-by-airport-hour', 'delays-report']);
    expect(run.executions.map(({ result }) => result?.records_processed)).toEqual([
      expected.flights,
      expected.flights + expected.airports,
      expected.groups.size,
    ]);
    await expectDelays(phi.outputDir, expected);
  });

  it('bring the weather to the expected report, in one execution', async () => {
    const expected = await expectedWeather(sourceDirectory());
    const run = await phi.api.ended(await phi.api.trigger('weather-report'));

    await expectOneCompletionEach(run, ['weather-report']);
    expect(run.executions[0]?.result?.records_processed).toBe(expected.days);
    await expectWeather(phi.outputDir, expected);
  });
});
