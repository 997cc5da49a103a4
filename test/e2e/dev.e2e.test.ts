import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { freePort, ProcessFixture, withDeadline, type ProcessGroup, UNWATCHED_HOST } from '@phi/testkit';

import { ApiClient } from './fixture/api-client.js';
import { ROOT } from './fixture/phi.js';
import { familyOf, remaining, survivorsOf } from './fixture/process-table.js';

const STARTED_WITHIN_MS = 120_000;
const BROUGHT_IN_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 60_000;

const greeting = (said: string): string =>
  `export const greet = {
     name: 'GREET',
     run: async () => ({ records_processed: 1, records_failed: 0, outputs: { said: '${said}' } }),
   };\n`;
const JOB = 'job_id: greet\njob_type: COMPOSITE\npipeline_modules: [GREET]\n';

let directory: string;
let processes: ProcessFixture;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phi-dev-'));
  processes = new ProcessFixture();
});
afterEach(async () => {
  await processes.killAll();
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

/** At once: whoever watches never finds half of it. */
const write = async (file: string, text: string): Promise<void> => {
  const path = join(directory, file);
  await mkdir(dirname(path), { recursive: true });
  const draft = `${directory}.draft`;
  await writeFile(draft, text);
  await rename(draft, path);
};

const start = async (): Promise<{ dev: ProcessGroup; api: ApiClient }> => {
  const port = await freePort();
  // As at a terminal: neither a Redis nor a data directory is given.
  const env = {
    ...UNWATCHED_HOST,
    PHI_API_PORT: String(port),
    REDIS_URL: undefined,
    PHI_DATA_DIR: undefined,
  };
  const dev = await processes.node(join(ROOT, 'apps/cli/dist/main.js'), ['dev'], {
    name: 'phi dev',
    env,
    cwd: directory,
  });
  await dev.output.waitFor('Watching', { ms: STARTED_WITHIN_MS });
  const key = (await readFile(join(directory, '.phi/admin.key'), 'utf8')).trim();
  return { dev, api: new ApiClient(`http://127.0.0.1:${String(port)}`, key) };
};

const outputsOf = async (api: ApiClient, job: string): Promise<unknown> => {
  const { executions } = await api.ended(await api.trigger(job));
  return executions[0]?.result?.outputs ?? executions;
};

it('runs what is there, brings in what changes, and keeps the old where the new is wrong', async () => {
  await write('modules.yaml', 'modules:\n  GREET: { kind: handler, path: handlers/greet.mjs }\n');
  await write('handlers/greet.mjs', greeting('one'));
  await write('jobs/greet.yaml', JOB);
  const { dev, api } = await start();
  const family = await familyOf(dev.pid);
  const says = (text: string): Promise<unknown> => dev.output.waitFor(text, { ms: BROUGHT_IN_WITHIN_MS });
  expect(await outputsOf(api, 'greet')).toEqual({ said: 'one' });

  await write('handlers/greet.mjs', greeting('two'));
  await says('handlers/greet.mjs changed');
  expect(await outputsOf(api, 'greet')).toEqual({ said: 'two' });

  await write('jobs/greet.yaml', `${JOB}nmae: Greet\n`);
  await says('jobs/greet.yaml:4:1: nmae');
  await says('The definitions stay as they were');
  expect(await outputsOf(api, 'greet')).toEqual({ said: 'two' });
  await write('jobs/greet.yaml', `${JOB}name: Greet\n`);
  await says('greet updated, revision 2');

  await write('modules.yaml', 'modules:\n  GREET: { kind: handlr, path: handlers/greet.mjs }\n');
  await says('modules.yaml:2:18: modules.GREET.kind');
  expect(await outputsOf(api, 'greet')).toEqual({ said: 'two' });
  await write('handlers/other.mjs', greeting('other'));
  await write('modules.yaml', 'modules:\n  GREET: { kind: handler, path: handlers/other.mjs }\n');
  await says('the executors have started again');
  expect(await outputsOf(api, 'greet')).toEqual({ said: 'other' });

  dev.signal('SIGINT');
  const end = await withDeadline(dev.ended, 'phi dev to stop', STOPPED_WITHIN_MS, () => dev.output.tail());
  expect(end).toEqual({ code: 0, signal: null });
  expect(await remaining(() => survivorsOf(family))).toEqual([]);
});

it('runs the examples: a handler in TypeScript and a program', async () => {
  // In the checkout, where the handler finds its imports.
  const examples = await mkdtemp(join(ROOT, 'examples', 'dev-'));
  await rm(directory, { recursive: true });
  directory = examples;
  for (const part of ['modules.yaml', 'handlers', 'commands', 'jobs/hottest-day.yaml'])
    await cp(join(ROOT, 'examples', part), join(examples, part), { recursive: true });
  await cp(join(ROOT, 'examples/node_modules/vega-datasets/data/weather.csv'), join(examples, 'weather.csv'));
  const { api } = await start();
  expect(await outputsOf(api, 'hottest-day')).toEqual({
    day: '2014-08-11',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});
