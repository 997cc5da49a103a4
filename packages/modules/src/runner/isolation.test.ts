import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { processEnd } from '../../fixtures/process-end.mjs';
import { everyPid, readProcFile, readStatus } from '../processes/proc-files.js';
import type { AttemptHooks, AttemptLogEntry, AttemptOutcome } from './attempt-outcome.js';
import type { AttemptSpecInput } from './attempt-spec.js';
import type { ChildModule } from './child-setup.js';
import { createRunnerPool } from './runner-pool.js';
import type { RunnerPool, RunnerPoolOptions } from './runner-pool.js';

// Whole processes start in these, and each test waits for what they do.
jest.setTimeout(120_000);

const BAD_BODIES = [
  'NEIGHBOUR',
  'LEAVER',
  'STRAYING',
  'FORK_BOMB',
  'NATIVE_CRASH',
  'SEGFAULT',
  'EAT_BUFFERS',
  'EAT_ELSEWHERE',
  'LEAK',
  'FLOOD',
  'HUGE_MESSAGE',
  'GARBAGE',
  'CLOSES_CHANNEL',
  'LINGERING',
  'HEARTBEATS',
  'TICKING',
];
const OTHERS = ['WHO_AM_I', 'EXIT', 'STUBBORN', 'SPIN', 'EAT_HEAP', 'DEAF'];
const handler = (file: string): ChildModule => ({
  kind: 'handler',
  url: new URL(`../../fixtures/${file}.mjs`, import.meta.url).href,
});

let directory: string;
let round = 0;
let pool: RunnerPool;

const open = (options: Partial<RunnerPoolOptions> = {}): RunnerPool => {
  pool = createRunnerPool({
    size: 2,
    gracefulMs: 50,
    forceKillMs: 50,
    childEnv: { PATH: '/usr/bin:/bin' },
    modules: Object.fromEntries([
      ...BAD_BODIES.map((name): [string, ChildModule] => [name, handler('bad-bodies')]),
      ...OTHERS.map((name): [string, ChildModule] => [name, handler('test-modules')]),
    ]),
    childEntry: new URL('../../dist/runner/child-main.js', import.meta.url),
    ...options,
  });
  return pool;
};

const attempt = (
  stage: string,
  parameters: Record<string, unknown> = {},
  more: Partial<AttemptSpecInput> = {},
): AttemptSpecInput => ({
  execution_id: 'e-1',
  job_id: 'job',
  run_id: 'r-1',
  chain_id: 'e-1',
  fence: 1,
  job_type: 'COMPOSITE',
  job_revision: 1,
  attempt_number: 1,
  stages: [stage],
  parameters: { [stage]: parameters },
  source_dir: directory,
  data_dir: directory,
  output_dir: directory,
  workdir: join(directory, 'work'),
  ...more,
});

const calm = (): AttemptHooks => ({ signal: new AbortController().signal });

const outputsOf = (outcome: AttemptOutcome): Record<string, string> => {
  if (outcome.kind !== 'succeeded') throw new Error(JSON.stringify(outcome));
  return outcome.result.outputs;
};

/** An attempt beside which another runs; it ends well when it is told to. */
const besideNeighbour = async (run: () => Promise<AttemptOutcome>): Promise<AttemptOutcome> => {
  const until = join(directory, `until-${String(++round)}`);
  let started = (): void => undefined;
  const begun = new Promise<void>((resolve) => (started = resolve));
  const neighbour = pool.run(attempt('NEIGHBOUR', { until }), { ...calm(), onProgress: () => started() });
  await begun;
  const outcome = await run();
  await writeFile(until, '');
  expect(await neighbour).toMatchObject({ kind: 'succeeded' });
  return outcome;
};

/** Aborts as soon as the body has said that it has begun, by a line of its log or by progress. */
const abortOnceBegun = (): AttemptHooks & { readonly pids: number[] } => {
  const controller = new AbortController();
  const pids: number[] = [];
  const abort = (): void => controller.abort(Object.assign(new Error('over time'), { name: 'TimeoutError' }));
  return {
    signal: controller.signal,
    pids,
    onProgress: abort,
    onLog: ({ fields }) => {
      pids.push(Number(fields['pid']));
      abort();
    },
  };
};

/** One that has ended and that init has not collected yet is not. */
const isAlive = (pid: number | string | undefined): boolean => readStatus(Number(pid))?.isAlive === true;

/** Everything of this machine whose command line has this in it. */
const running = (command: string): number[] =>
  everyPid().filter((pid) => readProcFile(`${String(pid)}/cmdline`)?.includes(command) === true);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phi-isolation-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  open();
});
afterEach(async () => {
  await pool.close();
});

describe('what an attempt started', () => {
  it('is killed after a normal end, whatever it did to get away, and its child is not used again', async () => {
    const { pid, left } = outputsOf(await besideNeighbour(() => pool.run(attempt('LEAVER'), calm())));
    expect(Number(left)).toBeGreaterThan(1);
    expect(isAlive(left)).toBe(false);
    expect(outputsOf(await pool.run(attempt('WHO_AM_I'), calm()))['pid']).not.toBe(pid);
  });

  it('is killed after an abort', async () => {
    const hooks = abortOnceBegun();
    const outcome = await besideNeighbour(() => pool.run(attempt('STRAYING'), hooks));
    expect(outcome).toMatchObject({ kind: 'timed_out' });
    expect(hooks.pids).toEqual([expect.any(Number)]);
    expect(isAlive(hooks.pids[0])).toBe(false);
  });

  it('is killed while it starts more and more', async () => {
    // No other test of this machine sleeps for as long.
    const seconds = 1_000_000 + process.pid;
    const outcome = await besideNeighbour(() =>
      pool.run(attempt('FORK_BOMB', { seconds }), abortOnceBegun()),
    );
    expect(outcome).toMatchObject({ kind: 'timed_out' });
    expect(running(String(seconds))).toEqual([]);
  });

  it('leaves a child that started nothing warm', async () => {
    const pids = new Set<string | undefined>();
    for (let run = 0; run < 3; run++) pids.add(outputsOf(await pool.run(attempt('WHO_AM_I'), calm()))['pid']);
    expect(pids.size).toBe(1);
  });
});

describe('a body that takes its process down', () => {
  it.each([
    ['NATIVE_CRASH', { kind: 'crashed', signal: 'SIGABRT' }],
    ['SEGFAULT', { kind: 'crashed', signal: 'SIGSEGV' }],
    ['EXIT', { kind: 'crashed', exit_code: 0 }],
    ['GARBAGE', { kind: 'failed', error: { code: 'EXEC_006_MODULE_FAILED' } }],
    ['CLOSES_CHANNEL', { kind: 'failed', error: { code: 'EXEC_006_MODULE_FAILED' } }],
    ['HUGE_MESSAGE', { kind: 'failed', error: { code: 'EXEC_006_MODULE_FAILED' } }],
  ])('%s ends its own attempt and no other', async (stage, expected) => {
    const outcome = await besideNeighbour(() => pool.run(attempt(stage, { status: 0 }), calm()));
    expect(outcome).toMatchObject(expected);
  });

  it.each(['SPIN', 'STUBBORN', 'DEAF'])('%s is killed, and no other', async (stage) => {
    const outcome = await besideNeighbour(() => pool.run(attempt(stage), abortOnceBegun()));
    expect(outcome).toMatchObject({ kind: 'timed_out' });
  });
});

describe('the memory of an attempt', () => {
  const limited = (stage: string, parameters: object, memory_mb: number): AttemptSpecInput =>
    attempt(stage, { ...parameters }, { resources: { memory_mb, cpu_cores: 1 } });
  const outOfMemory = { kind: 'failed', error: { code: 'EXEC_015_OUT_OF_MEMORY' } };

  it('counts what is not on the heap', async () => {
    const outcome = await besideNeighbour(() =>
      pool.run(limited('EAT_BUFFERS', { mb: 512, stays: true }, 256), calm()),
    );
    expect(outcome).toMatchObject(outOfMemory);
  });

  it('counts what it started', async () => {
    const outcome = await besideNeighbour(() => pool.run(limited('EAT_ELSEWHERE', {}, 256), calm()));
    expect(outcome).toMatchObject(outOfMemory);
  });

  it("is an attempt's own, though its child is not", async () => {
    await pool.close();
    open({ size: 1 });
    const first = outputsOf(await pool.run(limited('EAT_BUFFERS', { mb: 128 }, 512), calm()));
    expect(await pool.run(limited('EAT_BUFFERS', { mb: 600, stays: true }, 300), calm())).toMatchObject(
      outOfMemory,
    );
    expect(first['kept']).toBe('8');
  });

  it('is not what an earlier attempt has left: such a child is not used', async () => {
    await pool.close();
    open({ size: 1 });
    const first = outputsOf(await pool.run(limited('LEAK', { mb: 256 }, 1024), calm()));
    const same = outputsOf(await pool.run(limited('WHO_AM_I', {}, 1024), calm()));
    expect(same['pid']).toBe(first['pid']);
    const other = outputsOf(await pool.run(limited('WHO_AM_I', {}, 128), calm()));
    expect(other['pid']).not.toBe(first['pid']);
  });
});

describe('what an attempt says', () => {
  it('fills no memory of the executor: lines are dropped, counted, and the count is told', async () => {
    const bytes = 100_000_000;
    const logs: AttemptLogEntry[] = [];
    const outcome = await besideNeighbour(() =>
      pool.run(attempt('FLOOD', { bytes }), { ...calm(), onLog: (entry) => logs.push(entry) }),
    );
    expect(outcome).toMatchObject({ kind: 'succeeded' });
    const dropped = logs.map(({ message }) => Number(/^\((\d+) lines dropped/.exec(message)?.[1] ?? 0));
    const told = dropped.filter((count) => count > 0);
    expect(told.length).toBeGreaterThan(0);
    const kept = logs.length - told.length;
    expect(kept + told.reduce((sum, count) => sum + count, 0)).toBe(bytes / 100);
    expect(kept).toBeLessThan(bytes / 100 / 2);
  });

  it('is not taken for what the next attempt says', async () => {
    await pool.close();
    open({ size: 1 });
    const { pid } = outputsOf(await pool.run(attempt('LINGERING'), calm()));
    const said: unknown[] = [];
    const until = join(directory, `until-${String(++round)}`);
    const next = pool.run(attempt('NEIGHBOUR', { until }), {
      ...calm(),
      onLog: (entry) => said.push(entry),
      onProgress: (stage, records) => {
        said.push(stage, records);
        // Long after the other would have said something.
        if (records === 10) void writeFile(until, '');
      },
    });
    expect(outputsOf(await next)['pid']).toBe(pid);
    expect(said).toContain(10);
    expect(said).not.toContain(666);
    expect(said).not.toContain('LINGERING');
  });
});

describe('the heartbeat of a body', () => {
  const beating = (
    stage: string,
    watch_progress: boolean,
    parameters: Record<string, unknown> = {},
    missed_heartbeat_limit = 3,
  ): AttemptSpecInput =>
    attempt(stage, parameters, {
      heartbeat: { heartbeat_interval_seconds: 0.1, missed_heartbeat_limit, watch_progress },
    });
  /** So many that none is missed for want of a processor. */
  const MANY = 40;
  /** Longer than as many may be missed for, in milliseconds. */
  const LONG_MS = 5000;
  const missed = { kind: 'failed', error: { code: 'EXEC_013_HEARTBEAT_MISSED' } };

  it('comes from its process, also while it spins', async () => {
    let beats = 0;
    const controller = new AbortController();
    const outcome = await pool.run(beating('SPIN', false, {}, MANY), {
      signal: controller.signal,
      onBeat: () => {
        // Two come in each interval: for longer than they may be missed.
        if (++beats === 2 * MANY + 20) controller.abort(new Error('enough'));
      },
    });
    expect(outcome).toMatchObject({ kind: 'aborted' });
  });

  it('is missed when its process was stopped from outside', async () => {
    const begun = await ticking();
    process.kill(begun.pid, 'SIGSTOP');
    expect(await besideNeighbour(() => begun.outcome)).toMatchObject(missed);
    await processEnd(begun.pid);
  });

  it('is missed when its progress is watched and there is none, though it reports its process', async () => {
    expect(await besideNeighbour(() => pool.run(beating('SPIN', true), calm()))).toMatchObject(missed);
    expect(await pool.run(beating('HEARTBEATS', true, { beats: 3 }), calm())).toMatchObject(missed);
  });

  it('is whatever a watched body does', async () => {
    // It takes longer than heartbeats may be missed for.
    const parameters = { beats: LONG_MS / 20, ends: true };
    const outcome = await pool.run(beating('HEARTBEATS', true, parameters, MANY), calm());
    expect(outcome).toMatchObject({ kind: 'succeeded' });
  });

  /** A body that writes to a file; its pid is known. */
  async function ticking(): Promise<{
    pid: number;
    file: string;
    until: string;
    outcome: Promise<AttemptOutcome>;
  }> {
    const file = join(directory, `ticks-${String(++round)}`);
    const until = `${file}-until`;
    let tell: (pid: number) => void = () => undefined;
    const told = new Promise<number>((resolve) => (tell = resolve));
    const outcome = pool.run(beating('TICKING', false, { file, until }, MANY), {
      ...calm(),
      onLog: ({ fields }) => tell(Number(fields['pid'])),
    });
    return { pid: await told, file, until, outcome };
  }

  describe('a pool that is frozen', () => {
    /** A write that a slow disk has not ended when its process is stopped. */
    const UNDER_WAY = 1;
    const ticksOf = async (file: string): Promise<number> =>
      (await readFile(file, 'utf8').catch(() => '')).length;

    it('stops its bodies, starts none, and misses no heartbeat; thawed, they go on', async () => {
      const { file, until, outcome } = await ticking();
      await pool.freeze();
      const before = await ticksOf(file);
      const other = pool.run(attempt('WHO_AM_I'), calm());
      await sleep(LONG_MS);
      expect(await ticksOf(file)).toBeLessThanOrEqual(before + UNDER_WAY);
      expect(pool.gate.isOpen).toBe(false);
      await pool.thaw();
      expect(await other).toMatchObject({ kind: 'succeeded' });
      await writeFile(until, '');
      expect(await outcome).toMatchObject({ kind: 'succeeded' });
    });

    it('stops a body whose child is only starting', async () => {
      await pool.close();
      open({ warm: 0 });
      const [file, until] = [join(directory, 'starting'), join(directory, 'starting-until')];
      const outcome = pool.run(beating('TICKING', false, { file, until }, MANY), calm());
      // Its child was started, and cannot be ready yet.
      await new Promise((resolve) => setImmediate(resolve));
      await pool.freeze();
      await sleep(LONG_MS);
      expect(await ticksOf(file)).toBe(0);
      await pool.thaw();
      await writeFile(until, '');
      expect(await outcome).toMatchObject({ kind: 'succeeded' });
    });

    it('kills them where they stand', async () => {
      const { pid, file, outcome } = await ticking();
      await pool.freeze();
      const before = await ticksOf(file);
      pool.kill();
      await processEnd(pid);
      expect(await outcome).toMatchObject({ kind: 'crashed', signal: 'SIGKILL' });
      expect(await ticksOf(file)).toBeLessThanOrEqual(before + UNDER_WAY);
      await pool.thaw();
    });
  });
});
