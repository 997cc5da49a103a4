import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ConnectedModules, ModuleBindings } from '../connectors/connect-modules.js';
import { openModules } from '../connectors/open-modules.js';
import { readProcFile } from '../processes/proc-files.js';
import type { AttemptHooks, AttemptOutcome } from './attempt-outcome.js';
import type { AttemptSpecInput } from './attempt-spec.js';

// Whole processes start in these, several one after another.
jest.setTimeout(120_000);

let directory: string;
let modules: ConnectedModules | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phi-handlers-'));
});
afterEach(async () => {
  await modules?.close();
  modules = undefined;
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const write = async (file: string, text: string): Promise<string> => {
  const path = join(directory, file);
  await writeFile(path, text);
  return path;
};

const open = (paths: Readonly<Record<string, string>>): ConnectedModules => {
  const bindings: ModuleBindings = Object.fromEntries(
    Object.entries(paths).map(([name, path]) => [name, { kind: 'handler', path }]),
  );
  modules = openModules(bindings, {
    children: {
      size: 2,
      gracefulMs: 20_000,
      forceKillMs: 20_000,
      childEnv: { PATH: '/usr/bin:/bin' },
      // The children run what is built, as they do in production.
      childEntry: new URL('../../dist/runner/child-main.js', import.meta.url),
    },
  });
  return modules;
};

const run = async (
  stage: string,
  more: Partial<AttemptSpecInput> = {},
  hooks: Partial<AttemptHooks> = {},
): Promise<AttemptOutcome> =>
  (modules ?? open({})).connectorOf(stage).run(
    {
      execution_id: 'e-1',
      job_id: 'job',
      run_id: 'r-1',
      chain_id: 'e-1',
      fence: 1,
      job_type: 'COMPOSITE',
      job_revision: 1,
      attempt_number: 1,
      stages: [stage],
      parameters: {},
      source_dir: directory,
      data_dir: directory,
      output_dir: directory,
      workdir: directory,
      ...more,
    },
    { signal: new AbortController().signal, ...hooks },
  );

const outputsOf = (outcome: AttemptOutcome): unknown =>
  outcome.kind === 'succeeded' ? outcome.result.outputs : outcome;

const answering = (name: string, answer: string, before = ''): string =>
  `${before}
  export const it = {
    name: '${name}',
    run: async () => ({ records_processed: 0, records_failed: 0, outputs: { pid: String(process.pid), answer: ${answer} } }),
  };`;

describe('a handler that cannot be loaded', () => {
  it.each([
    ['is not JavaScript', 'export const = 3;', /SyntaxError/],
    ['throws', 'throw new Error("no database");', /no database/],
    ['exports another', answering('OTHER', '""'), /exports no module "BROKEN".*defineModule/],
    ['imports what is not there', 'import "./nowhere.mjs";', /Cannot find module .*nowhere\.mjs/],
  ])('fails the attempts that use it, and no others, when it %s', async (_, text, message) => {
    open({
      BROKEN: await write('broken.mjs', text),
      GOOD: await write('good.mjs', answering('GOOD', '"well"')),
    });
    expect(await run('BROKEN')).toMatchObject({
      kind: 'failed',
      stage: 'BROKEN',
      error: { code: 'EXEC_005_INVALID_CONFIG', message: expect.stringMatching(message) },
    });
    expect(await run('BROKEN')).toMatchObject({ error: { message: expect.stringContaining('broken.mjs') } });
    expect(outputsOf(await run('GOOD'))).toMatchObject({ answer: 'well' });
  });

  it('keeps nobody waiting who does not use it', async () => {
    open({
      NEVER: await write('never.mjs', 'await new Promise(() => setInterval(() => {}, 1000));'),
      GOOD: await write('good.mjs', answering('GOOD', '"well"')),
    });
    expect(outputsOf(await run('GOOD'))).toMatchObject({ answer: 'well' });
  });
});

describe('a warm child', () => {
  const COUNT = answering('COUNT', 'String((calls += 1))', 'let calls = 0;');

  it('is used again for the same version of a job and for other jobs, and never for another version', async () => {
    open({ COUNT: await write('count.mjs', COUNT) });
    const answers: unknown[] = [];
    for (const [job_id, job_revision] of [
      ['a', 1],
      ['a', 1],
      ['b', 7],
      ['a', 2],
      ['a', 2],
      ['a', 1],
    ] as const)
      answers.push(outputsOf(await run('COUNT', { job_id, job_revision })));
    expect(answers.map((answer) => (answer as { answer: string }).answer)).toEqual([
      '1',
      '2',
      '3',
      '1',
      '2',
      '1',
    ]);
  });
});

describe('a handler whose file has changed', () => {
  it('is loaded anew by what starts from then on; what runs goes on with the old', async () => {
    const file = await write(
      'changing.mjs',
      `export const it = {
        name: 'CHANGING',
        run: async ({ parameters, progress, signal }) => {
          progress(1);
          if (parameters.wait) await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return { records_processed: 0, records_failed: 0, outputs: { answer: 'old' } };
        },
      };`,
    );
    const opened = open({ CHANGING: file });
    const stop = new AbortController();
    let running: Promise<AttemptOutcome> | undefined;
    await new Promise<void>((resolve) => {
      const parameters = { CHANGING: { wait: true } };
      running = run('CHANGING', { parameters }, { signal: stop.signal, onProgress: () => resolve() });
    });
    expect(outputsOf(await run('CHANGING'))).toEqual({ answer: 'old' });
    await write('changing.mjs', answering('CHANGING', '"new"'));
    expect(outputsOf(await run('CHANGING'))).toEqual({ answer: 'old' });
    opened.reload();
    expect(outputsOf(await run('CHANGING'))).toMatchObject({ answer: 'new' });
    stop.abort(new Error('enough'));
    expect(outputsOf(await (running ?? Promise.reject(new Error('never ran'))))).toEqual({ answer: 'old' });
    expect(outputsOf(await run('CHANGING'))).toMatchObject({ answer: 'new' });
  });
});

describe('a handler in TypeScript', () => {
  const TYPED = fileURLToPath(new URL('../../fixtures/typed-handler.ts', import.meta.url));

  it('runs as it is', async () => {
    open({ TYPED });
    const parameters = { TYPED: { who: 'world' } };
    expect(outputsOf(await run('TYPED', { parameters }))).toEqual({ greeting: 'hello, world' });
  });

  it('leaves no process beside the child', async () => {
    open({ TYPED, PID: await write('pid.mjs', answering('PID', '""')) });
    const parameters = { TYPED: { who: 'world' } };
    const { pid } = outputsOf(await run('PID', { stages: ['TYPED', 'PID'], parameters })) as { pid: string };
    const tasks = await readdir(`/proc/${pid}/task`);
    // A thread may have ended since.
    const children = tasks.map((task) => readProcFile(`${pid}/task/${task}/children`) ?? '');
    expect(children.join('')).toBe('');
  });

  it('has every wrong parameter named', async () => {
    open({ TYPED });
    const parameters = { TYPED: { whom: 'world', times: 0 } };
    const outcome = await run('TYPED', { parameters });
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'EXEC_005_INVALID_CONFIG' } });
    for (const field of ['TYPED.who', 'TYPED.times', 'whom'])
      expect(outcome).toMatchObject({ error: { message: expect.stringContaining(field) } });
  });
});
