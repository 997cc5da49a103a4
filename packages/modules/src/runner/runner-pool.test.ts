import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { PhiError, type JsonValue } from '@phi/core';
import { processEnd } from '../../fixtures/process-end.mjs';
import type { AttemptHooks, AttemptLogEntry, AttemptOutcome } from './attempt-outcome.js';
import type { AttemptSpecInput, StageReport } from './attempt-spec.js';
import type { ChildModule } from './child-setup.js';
import { createRunnerPool } from './runner-pool.js';
import type { RunnerPool, RunnerPoolOptions } from './runner-pool.js';

// Whole processes start in these, up to seven one after another.
jest.setTimeout(120_000);

const NAMES = [
  'ECHO',
  'WHO_AM_I',
  'FAIL',
  'BAD_RESULT',
  'EXIT',
  'SELF_KILL',
  'EAT_HEAP',
  'WAIT',
  'DEAF',
  'STUBBORN',
  'SPIN',
  'CHECKPOINTED',
  'PUBLISHING',
  'SAVING',
  'CARELESS',
  'SAVES_WHEN_ASKED',
];
const FIXTURE = new URL('../../fixtures/test-modules.mjs', import.meta.url).href;
const MODULES = Object.fromEntries<ChildModule>([
  ...['ALPHA', 'BETA', 'GAMMA'].map((name) => [name, { kind: 'builtin', module: name }] as const),
  ...NAMES.map((name) => [name, { kind: 'handler', url: FIXTURE }] as const),
]);

let directory: string;
let pool: RunnerPool | undefined;

const open = (options: Partial<RunnerPoolOptions> = {}): RunnerPool => {
  pool = createRunnerPool({
    size: 1,
    gracefulMs: 20_000,
    forceKillMs: 20_000,
    childEnv: { PATH: '/usr/bin:/bin' },
    modules: MODULES,
    // The children run what is built, as they do in production.
    childEntry: new URL('../../dist/runner/child-main.js', import.meta.url),
    ...options,
  });
  return pool;
};

const attempt = (stages: string[], more: Partial<AttemptSpecInput> = {}): AttemptSpecInput => ({
  execution_id: 'e-1',
  job_id: 'job',
  run_id: 'r-1',
  chain_id: 'e-1',
  fence: 1,
  job_type: 'COMPOSITE',
  job_revision: 1,
  attempt_number: 1,
  stages,
  parameters: {},
  source_dir: directory,
  data_dir: directory,
  output_dir: directory,
  workdir: join(directory, 'work'),
  ...more,
});

const calm = (): AttemptHooks => ({ signal: new AbortController().signal });

/** Aborts as soon as the body says, by its first progress or log, that it has begun. */
const abortOnceBegun = (reason: Error): AttemptHooks & { logs: AttemptLogEntry[] } => {
  const controller = new AbortController();
  const logs: AttemptLogEntry[] = [];
  return {
    signal: controller.signal,
    logs,
    onProgress: () => {
      controller.abort(reason);
    },
    onLog: (entry) => {
      logs.push(entry);
      controller.abort(reason);
    },
  };
};

const timeout = (): Error => Object.assign(new Error('over time'), { name: 'TimeoutError' });

const pidOf = (outcome: AttemptOutcome): number =>
  Number(outcome.kind === 'succeeded' ? outcome.result.outputs['pid'] : NaN);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phi-runner-'));
});
afterEach(async () => {
  await pool?.close();
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('an attempt that succeeds', () => {
  it('passes parameters, upstream outputs and earlier outputs on, and sums up its stages', async () => {
    const outcome = await open().run(
      attempt(['WHO_AM_I', 'ECHO'], {
        parameters: { ECHO: { a: 1 } },
        upstream: { flights: { batch: 'b.parquet' } },
      }),
      calm(),
    );
    expect(outcome).toMatchObject({
      kind: 'succeeded',
      result: { records_processed: 0, records_failed: 1, metrics: { 'ECHO.records_processed': 2 } },
    });
    const { seen, pid } = outcome.kind === 'succeeded' ? outcome.result.outputs : {};
    expect(JSON.parse(seen ?? '')).toEqual({
      parameters: { a: 1 },
      inputs: { stages: { WHO_AM_I: { pid } }, jobs: { flights: { batch: 'b.parquet' } } },
    });
  });

  it('hands on what is logged and printed before its outcome, and keeps attempts apart', async () => {
    const runner = open();
    for (const round of [1, 2]) {
      const logs: AttemptLogEntry[] = [];
      await runner.run(attempt(['ECHO']), { ...calm(), onLog: (entry) => logs.push(entry) });
      expect([round, logs.map(({ origin, message }) => `${origin}: ${message}`).toSorted()]).toEqual([
        round,
        ['logger: echoing', 'stdout: printed whole', 'stdout: printed without an end'],
      ]);
    }
  });

  it('runs in a warm child, until that has had its number of runs', async () => {
    const runner = open({ maxRunsPerChild: 2 });
    const pids: number[] = [];
    for (let run = 0; run < 4; run += 1) pids.push(pidOf(await runner.run(attempt(['WHO_AM_I']), calm())));
    expect(pids[0]).toBe(pids[1]);
    expect(pids[2]).toBe(pids[3]);
    expect(pids[1]).not.toBe(pids[2]);
  });

  it('runs no more than its size at once, and each in turn', async () => {
    const runner = open({ size: 2 });
    const outcomes = await Promise.all(
      Array.from({ length: 7 }, async () => runner.run(attempt(['WHO_AM_I']), calm())),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(7).fill('succeeded'));
    expect(new Set(outcomes.map(pidOf)).size).toBeLessThanOrEqual(2);
  });
});

describe('an attempt that fails', () => {
  it.each([
    ['a code of its own', { code: 'EXEC_018_CONNECTION_FAILED' }, 'EXEC_018_CONNECTION_FAILED'],
    ['no code', {}, 'EXEC_006_MODULE_FAILED'],
    ["Node's kind of code", { code: 'ENOENT' }, 'EXEC_006_MODULE_FAILED'],
  ])('keeps the error, with %s', async (_name, parameters, code) => {
    const outcome = await open().run(attempt(['FAIL'], { parameters: { FAIL: parameters } }), calm());
    expect(outcome).toMatchObject({ kind: 'failed', stage: 'FAIL', error: { code, message: 'no luck' } });
  });

  it('names what is wrong with a result', async () => {
    const outcome = await open().run(attempt(['BAD_RESULT']), calm());
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { message: expect.stringContaining('records_failed') },
    });
  });

  it('names the modules there are, for one that is not', async () => {
    const outcome = await open().run(attempt(['DELTA']), calm());
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: {
        code: 'EXEC_016_MODULE_NOT_REGISTERED',
        message: expect.stringContaining('ALPHA, BETA, GAMMA'),
      },
    });
  });

  it('is not followed by another in the same child', async () => {
    const runner = open();
    const before = pidOf(await runner.run(attempt(['WHO_AM_I']), calm()));
    await runner.run(attempt(['FAIL']), calm());
    expect(pidOf(await runner.run(attempt(['WHO_AM_I']), calm()))).not.toBe(before);
  });
});

describe('a process that ends without a word', () => {
  it.each([
    ['EXIT', { status: 3 }, { exit_code: 3, signal: null }],
    ['EXIT', { status: 0 }, { exit_code: 0, signal: null }],
    ['SELF_KILL', {}, { exit_code: null, signal: 'SIGKILL' }],
  ])('is a crash: %s %j', async (name, parameters, end) => {
    const runner = open();
    expect(await runner.run(attempt([name], { parameters: { [name]: parameters } }), calm())).toEqual({
      kind: 'crashed',
      ...end,
    });
    expect((await runner.run(attempt(['WHO_AM_I']), calm())).kind).toBe('succeeded');
  });

  it('is a crash when it runs out of heap, and says so on stderr', async () => {
    const printed: string[] = [];
    const runner = open({ execArgv: ['--max-old-space-size=32'] });
    const outcome = await runner.run(attempt(['EAT_HEAP']), {
      ...calm(),
      onLog: ({ message }) => printed.push(message),
    });
    expect(outcome.kind).toBe('crashed');
    expect(printed.join('\n')).toContain('heap out of memory');
  });

  it('is a crash when the child cannot even start', async () => {
    const runner = open({ childEntry: new URL('file:///nowhere.mjs') });
    expect(await runner.run(attempt(['ECHO']), calm())).toMatchObject({ kind: 'crashed', exit_code: 1 });
  });
});

describe('stopping an attempt', () => {
  it('lets a body that listens end by itself', async () => {
    const outcome = await open().run(attempt(['WAIT']), abortOnceBegun(new Error('cancelled by ada')));
    expect(outcome).toEqual({ kind: 'aborted', termination_method: 'GRACEFUL', reason: 'cancelled by ada' });
  });

  it('tells a timeout from a cancellation', async () => {
    const outcome = await open().run(attempt(['WAIT']), abortOnceBegun(timeout()));
    expect(outcome).toMatchObject({ kind: 'timed_out', termination_method: 'GRACEFUL' });
  });

  it('terminates a body that does not listen', async () => {
    const outcome = await open({ gracefulMs: 50 }).run(attempt(['DEAF']), abortOnceBegun(timeout()));
    expect(outcome).toMatchObject({ kind: 'timed_out', termination_method: 'GRACEFUL' });
  });

  it('kills a spinning body that ignores SIGTERM, with its descendants', async () => {
    const hooks = abortOnceBegun(timeout());
    const outcome = await open({ gracefulMs: 50, forceKillMs: 50 }).run(attempt(['STUBBORN']), hooks);
    expect(outcome).toMatchObject({ kind: 'timed_out', termination_method: 'FORCED' });
    await processEnd(Number(hooks.logs[0]?.fields['pid']));
  });

  it('interrupts a running query', async () => {
    const controller = new AbortController();
    const sql = 'SELECT sum(a.range * b.range % 7) AS s FROM range(1000000) a, range(1000000) b';
    const outcome = await open().run(
      attempt(['WHO_AM_I', 'BETA'], { parameters: { BETA: { profile: { sql }, inputs: {} } } }),
      {
        signal: controller.signal,
        onStageDone: () => {
          controller.abort(new Error('enough'));
        },
      },
    );
    expect(outcome).toEqual({ kind: 'aborted', termination_method: 'GRACEFUL', reason: 'enough' });
  });

  it('takes one that waits for a place out of the line', async () => {
    const runner = open();
    const first = new AbortController();
    const running = runner.run(attempt(['WAIT']), { signal: first.signal });
    const second = new AbortController();
    const waiting = runner.run(attempt(['WHO_AM_I']), { signal: second.signal });
    const third = runner.run(attempt(['WHO_AM_I']), calm());
    second.abort(new Error('no longer wanted'));
    expect(await waiting).toMatchObject({ kind: 'aborted', reason: 'no longer wanted' });
    first.abort(new Error('done'));
    expect((await running).kind).toBe('aborted');
    expect((await third).kind).toBe('succeeded');
  });

  it('stops everything on close', async () => {
    const runner = open({ gracefulMs: 50, forceKillMs: 50, size: 2 });
    const begun: Promise<void>[] = [];
    const outcomes = ['WAIT', 'DEAF'].map(async (stage) => {
      let onBegin: () => void = () => undefined;
      begun.push(new Promise((resolve) => (onBegin = resolve)));
      return runner.run(attempt([stage]), { ...calm(), onProgress: onBegin });
    });
    await Promise.all(begun);
    await runner.close();
    expect((await Promise.all(outcomes)).map(({ kind }) => kind)).toEqual(['aborted', 'aborted']);
  });
});

it('tells of a dataset that is published before the end', async () => {
  const runner = open();
  const published: string[] = [];
  const spec = attempt(['PUBLISHING'], { parameters: { PUBLISHING: { dataset: 'raw/orders' } } });
  const outcome = await runner.run(spec, { ...calm(), onPublish: (dataset) => published.push(dataset) });
  expect(outcome.kind).toBe('succeeded');
  expect(published).toEqual(['raw/orders']);
});

describe('a checkpoint', () => {
  it('resumes after the stages that were completed, and a stage from what it saved', async () => {
    const runner = open();
    const stages = ['WHO_AM_I', 'CHECKPOINTED'];
    const completed_stages: StageReport[] = [];
    const saved: { stage: string; state: JsonValue }[] = [];
    const failed = await runner.run(attempt(stages, { parameters: { CHECKPOINTED: { fail: true } } }), {
      ...calm(),
      onStageDone: (report) => completed_stages.push(report),
      onCheckpoint: (stage, state) => {
        saved.push({ stage, state });
        return Promise.resolve();
      },
    });
    expect(failed.kind).toBe('failed');
    expect(saved).toEqual([{ stage: 'CHECKPOINTED', state: 'half way' }]);

    const again: string[] = [];
    const outcome = await runner.run(
      attempt(stages, {
        resume: { completed_stages, checkpoint: { stage: 'CHECKPOINTED', state: 'half way' } },
      }),
      { ...calm(), onStageDone: ({ stage }) => again.push(stage) },
    );
    expect(again).toEqual(['CHECKPOINTED']);
    expect(outcome).toMatchObject({
      kind: 'succeeded',
      result: { outputs: { from: 'half way', pid: completed_stages[0]?.result.outputs['pid'] } },
    });
  });

  const save = (state: JsonValue, more: Partial<AttemptSpecInput> = {}): AttemptSpecInput =>
    attempt(['SAVING'], { parameters: { SAVING: { state } }, ...more });

  it('is kept by the time that the body goes on', async () => {
    const order: string[] = [];
    const outcome = await open().run(save('half way'), {
      ...calm(),
      onCheckpoint: async (_stage, state) => {
        order.push(`keeping ${JSON.stringify(state)}`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push('kept');
      },
      onLog: ({ message }) => order.push(message),
    });
    expect(outcome.kind).toBe('succeeded');
    expect(order).toEqual(['keeping "half way"', 'kept', 'saved']);
  });

  it.each([['text'], [{ offset: 3, done: ['a', null, true] }], [[]], [0], [null]])(
    'may be any JSON value, which is what the body loads: %j',
    async (state) => {
      let saved: JsonValue | undefined;
      const runner = open();
      const hooks: AttemptHooks = {
        ...calm(),
        onCheckpoint: (_stage, given) => {
          saved = given;
          return Promise.resolve();
        },
      };
      const first = await runner.run(save(state), hooks);
      expect(saved).toEqual(state);
      const resume = { completed_stages: [], checkpoint: { stage: 'SAVING', state } };
      const second = await runner.run(save('next', { resume }), hooks);
      const shown = JSON.stringify(state ?? 'nothing');
      expect(first).toMatchObject({ result: { outputs: { resumed: '"nothing"', loaded: shown } } });
      expect(second).toMatchObject({ result: { outputs: { resumed: shown, loaded: '"next"' } } });
    },
  );

  it('that is not kept is told of to the body, which may go on', async () => {
    const lines: string[] = [];
    const outcome = await open().run(save('half way'), {
      ...calm(),
      onCheckpoint: () =>
        Promise.reject(new PhiError('STATE_006_CHECKPOINT_NOT_SAVED', 'no room', { operation: 'test' })),
      onLog: ({ message }) => lines.push(message),
    });
    expect(outcome.kind).toBe('succeeded');
    expect(lines).toEqual(['STATE_006_CHECKPOINT_NOT_SAVED: no room']);
  });

  it('that is not kept harms no body that does not wait for it', async () => {
    const outcome = await open().run(attempt(['CARELESS', 'WHO_AM_I']), {
      ...calm(),
      onCheckpoint: () => Promise.reject(new Error('no room')),
    });
    expect(outcome.kind).toBe('succeeded');
  });

  it('that is too large is refused with its size and the limit, and the body may go on', async () => {
    const lines: string[] = [];
    const kept: JsonValue[] = [];
    const hooks: AttemptHooks = {
      ...calm(),
      onCheckpoint: (_stage, state) => {
        kept.push(state);
        return Promise.resolve();
      },
      onLog: ({ message }) => lines.push(message),
    };
    const runner = open();
    // In JSON: 98 characters, of which one has two bytes, and two quotation marks.
    const fits = `${'x'.repeat(96)}é`;
    await runner.run(save(fits, { checkpoint_max_bytes: 100 }), hooks);
    const outcome = await runner.run(save(`${fits}y`, { checkpoint_max_bytes: 100 }), hooks);
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { outputs: { loaded: '"nothing"' } } });
    expect(kept).toEqual([fits]);
    expect(lines).toEqual([
      'saved',
      'STATE_005_CHECKPOINT_TOO_LARGE: the checkpoint of SAVING has 101 bytes of JSON; accepted: at most 100 (CHECKPOINT_MAX_BYTES)',
    ]);
  });

  it('that the body saves when it is asked to stop is kept before it is gone', async () => {
    const kept: JsonValue[] = [];
    const outcome = await open().run(attempt(['SAVES_WHEN_ASKED']), {
      ...abortOnceBegun(timeout()),
      onCheckpoint: (_stage, state) => {
        kept.push(state);
        return Promise.resolve();
      },
    });
    expect(outcome).toMatchObject({ kind: 'timed_out', termination_method: 'GRACEFUL' });
    expect(kept).toEqual([{ reason: 'over time' }]);
  });
});
