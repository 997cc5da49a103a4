import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, ProcessFixture, type ProcessGroup } from '@phi/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { sourceDirectory } from './expected/data-files.js';
import { expectedDelays } from './expected/expected-delays.js';
import { expectedWeather } from './expected/expected-weather.js';
import { exampleJobs } from './fixture/example-jobs.js';
import { handlers } from './fixture/handlers.js';
import { Phi, ROOT } from './fixture/phi.js';
import { expectDelays, expectWeather } from './fixture/written-files.js';

const TOKEN = 'what the module server demands';

interface ServedJob {
  readonly ref: string;
  readonly idempotency_key: string;
  readonly state: string;
}

/** A Phi whose modules are all served by `phi serve-modules`. */
class ServedPhi {
  readonly processes = new ProcessFixture();
  private constructor(
    readonly phi: Phi,
    private readonly port: number,
    private readonly directory: string,
  ) {}

  static async start(names: readonly string[]): Promise<ServedPhi> {
    const directory = await mkdtemp(join(tmpdir(), 'phi-served-'));
    const port = await freePort();
    const binding = {
      kind: 'http',
      url: `http://127.0.0.1:${String(port)}`,
      headers: { authorization: { secret: 'MODULES' } },
      poll_interval_seconds: 0.2,
      callback: true,
    };
    const modules = join(directory, 'modules.yaml');
    const bindings = Object.fromEntries(names.map((name) => [name, binding]));
    await writeFile(modules, JSON.stringify({ modules: bindings }));
    const env = { PHI_MODULES: modules, PHI_SECRET_MODULES: `Bearer ${TOKEN}` };
    return new ServedPhi(await Phi.start({ executors: 1, env }), port, directory);
  }

  async serve(...args: string[]): Promise<ProcessGroup> {
    const main = join(ROOT, 'apps', 'cli', 'dist', 'main.js');
    const server = await this.processes.node(main, ['serve-modules', '--port', String(this.port), ...args], {
      env: {
        PHI_DATA_DIR: this.phi.dataDir,
        PHI_SOURCE_DIR: sourceDirectory(),
        PHI_MODULES_TOKEN: TOKEN,
      },
    });
    await server.output.waitFor('"ready"');
    return server;
  }

  async jobs(): Promise<readonly ServedJob[]> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(`http://127.0.0.1:${String(this.port)}/v1/jobs`, { headers });
    return ((await response.json()) as { readonly jobs: readonly ServedJob[] }).jobs;
  }

  async stop(): Promise<void> {
    await this.processes.killAll();
    await this.phi.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

describe('the example pipelines on modules that are served over HTTP', () => {
  let served: ServedPhi;
  beforeAll(async () => {
    served = await ServedPhi.start(['ALPHA', 'BETA', 'GAMMA']);
    await served.serve();
    const files = await Promise.all(['weather.yaml', 'flights.yaml'].map((file) => exampleJobs(file)));
    await served.phi.api.apply({ jobs: files.flatMap((jobs) => [...jobs.values()]) });
  });
  afterAll(() => served.stop());

  it('bring the weather to the same report, stage after stage', async () => {
    const { phi } = served;
    const expected = await expectedWeather(sourceDirectory());
    const run = await phi.api.ended(await phi.api.trigger('weather-report'));
    expect(run.status).toBe('succeeded');
    const [execution] = run.executions;
    expect(execution?.result?.records_processed).toBe(expected.days);
    await expectWeather(phi.outputDir, expected);
    const prefix = `${execution?.execution_id ?? ''}/`;
    const jobs = (await served.jobs()).filter(({ idempotency_key }) => idempotency_key.startsWith(prefix));
    expect(jobs.map(({ idempotency_key, state }) => [idempotency_key, state])).toEqual(
      ['ALPHA', 'BETA', 'GAMMA'].map((stage) => [`${prefix}${stage}/1`, 'SUCCEEDED']),
    );
  });

  it('bring the flights to the same report, job after job', async () => {
    const { phi } = served;
    await phi.api.ended(await phi.api.trigger('airports-ingest', { propagate: true }));
    const runId = await phi.api.trigger('flights-ingest');
    const expected = await expectedDelays(sourceDirectory());
    const run = await phi.api.ended(runId);
    expect(run.status).toBe('succeeded');
    expect(run.executions.map(({ result }) => result?.records_processed)).toEqual([
      expected.flights,
      expected.flights + expected.airports,
      expected.groups.size,
    ]);
    await expectDelays(phi.outputDir, expected);
  });
});

describe('a module server that is killed', () => {
  let served: ServedPhi;
  beforeEach(async () => {
    served = await ServedPhi.start(['GATED']);
  });
  afterEach(() => served.stop());

  it('has its job done by another attempt, under the next generation', async () => {
    const { phi } = served;
    const handler = ['--handler', handlers('GATED')];
    const server = await served.serve(...handler);
    await phi.api.apply({
      jobs: [
        {
          job_id: 'away',
          job_type: 'COMPOSITE',
          pipeline_modules: ['GATED'],
          parameters: { GATED: { gate: 'open' } },
          retry_policy: { initial_delay_seconds: 1 },
        },
      ],
    });
    const runId = await phi.api.trigger('away');
    await phi.api.running(runId, 'away');
    const isRunning = (jobs: readonly ServedJob[]): boolean => jobs.some(({ state }) => state === 'RUNNING');
    await phi.api.until('the job at the module', () => served.jobs(), isRunning);

    await server.kill();
    await served.serve(...handler);
    await phi.api.until('the next job at the module', () => served.jobs(), isRunning);
    await phi.openGate('open');

    const run = await phi.api.ended(runId);
    expect(run.status).toBe('succeeded');
    const chain = run.executions.find(({ attempt_number }) => attempt_number === 1)?.execution_id ?? '';
    expect((await served.jobs()).map(({ idempotency_key, state }) => [idempotency_key, state])).toEqual([
      [`${chain}/GATED/1`, 'FAILED'],
      [`${chain}/GATED/2`, 'SUCCEEDED'],
    ]);
  });
});
