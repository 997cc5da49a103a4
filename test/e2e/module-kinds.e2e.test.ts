import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Execution } from '@phi/core';
import { queuePrefix } from '@phi/queues';
import { ProcessFixture, type ProcessGroup } from '@phi/testkit';
import { Queue } from 'bullmq';

import { Phi, ROOT, SHORTEST_LEASE } from './fixture/phi.js';
import { familyOf, remaining, survivorsOf } from './fixture/process-table.js';

const WORKER = fileURLToPath(new URL('./fixture/stage-worker.mjs', import.meta.url));
const PYTHON_EXAMPLE = join(ROOT, 'examples/queue-worker-python');
const NAMESPACE = 'e2e';
const STEP_MS = 120_000;
/** An index that does not answer is none. */
const INSTALLED_WITHIN_MS = 120_000;

const MODULES = `modules:
  COUNT_UP:
    kind: command
    argv: [sh, ./count-up.sh, '\${{ parameters.until }}']
    retryable_exit_codes: [75]
  FOREVER: { kind: command, argv: [sh, -c, 'sleep 10000 & wait'] }
  SCORE: { kind: queue, queue: score, poll_interval_seconds: 1 }
  WORD_COUNT: { kind: queue, queue: word-count }
`;
/** Counts one further at each attempt, from its checkpoint. */
const COUNT_UP = `set -eu
at=0
if [ -f "$PHI_CHECKPOINT" ]; then at=$(cat "$PHI_CHECKPOINT"); fi
at=$((at + 1))
echo "::phi::{\\"checkpoint\\": \\"$at\\"}"
[ "$at" -ge "$1" ] || exit 75
echo "::phi::{\\"result\\": {\\"records_processed\\": $at}}"
`;

const SOON = { retry_policy: { initial_delay_seconds: 1, max_delay_seconds: 60, jitter_factor: 0 } };
const job = (job_id: string, module: string, parameters: object = {}): object => ({
  job_id,
  job_type: 'COMPOSITE',
  pipeline_modules: [module],
  parameters: { [module]: parameters },
  ...SOON,
});

let directory: string;
let phi: Phi;
let processes: ProcessFixture;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phi-kinds-'));
  await writeFile(join(directory, 'modules.yaml'), MODULES);
  await writeFile(join(directory, 'count-up.sh'), COUNT_UP);
  processes = new ProcessFixture();
  phi = await Phi.start({
    executors: 2,
    env: { ...SHORTEST_LEASE, PHI_MODULES: join(directory, 'modules.yaml') },
  });
});
afterEach(async () => {
  await processes.killAll();
  await phi.stop();
  await rm(directory, { recursive: true, force: true });
});

const attemptsOf = async (runId: string): Promise<readonly Execution[]> =>
  [...(await phi.api.ended(runId)).executions].sort((a, b) => a.attempt_number - b.attempt_number);

/** Kills the executor that holds an execution, as a power cut would. */
const killHolderOf = async (executionId: string): Promise<void> => {
  const executor = await phi.holderOf(executionId);
  executor.signal('SIGKILL');
  await executor.ended;
};

describe('a command', () => {
  it('is retried for the exit statuses that its module names, from its checkpoint', async () => {
    await phi.api.apply({ jobs: [job('count', 'COUNT_UP', { until: 3 })] });
    expect(await attemptsOf(await phi.api.trigger('count'))).toMatchObject([
      { status: 'FAILED', result: { error_code: 'EXEC_025_TEMPORARY_EXIT', exit_code: 75 } },
      { status: 'FAILED', result: { error_code: 'EXEC_025_TEMPORARY_EXIT', exit_code: 75 } },
      { status: 'COMPLETED', result: { records_processed: 3 } },
    ]);
  });

  it('ends with its executor, with all it started', async () => {
    await phi.api.apply({ jobs: [job('forever', 'FOREVER')] });
    const { execution_id } = await phi.api.running(await phi.api.trigger('forever'), 'forever');
    const family = await phi.api.until(
      'the program to have started another',
      async () => familyOf((await phi.holderOf(execution_id)).pid),
      // The executor, its warm child, the watchdog, the program and what that started.
      (members) => members.length >= 5,
    );
    await killHolderOf(execution_id);
    expect(await remaining(() => survivorsOf(family))).toEqual([]);
  });
});

describe('a queue', () => {
  const startWorker = async (): Promise<ProcessGroup> => {
    const worker = await processes.node(WORKER, [phi.redis.url, queuePrefix(NAMESPACE), 'score'], {
      name: 'worker',
    });
    await worker.output.waitFor('ready', { ms: STEP_MS });
    return worker;
  };
  const began = (worker: ProcessGroup): readonly string[] =>
    worker.output.all.filter((line) => line.startsWith('began'));

  it('has one body for one stage, though its executor is killed while it waits', async () => {
    const worker = await startWorker();
    await phi.api.apply({ jobs: [job('score', 'SCORE', { waits: true })] });
    const runId = await phi.api.trigger('score');
    const { execution_id } = await phi.api.running(runId, 'score');
    await worker.output.waitFor('began', { ms: STEP_MS });
    await killHolderOf(execution_id);
    await phi.api.until(
      'the next attempt to run',
      () => phi.api.run(runId),
      ({ executions }) =>
        executions.some(({ status, attempt_number }) => attempt_number === 2 && status === 'RUNNING'),
      STEP_MS,
    );
    worker.signal('SIGUSR2');
    expect(await attemptsOf(runId)).toMatchObject([
      { status: 'FAILED', result: { error_code: 'EXEC_012_EXECUTOR_LOST' } },
      { status: 'COMPLETED', result: { records_processed: 2, outputs: { by: 'a worker' } } },
    ]);
    expect(began(worker)).toHaveLength(1);
  });

  it('is taken back by recovery where it is cancelled while no executor has it', async () => {
    await phi.api.apply({ jobs: [job('score', 'SCORE')] });
    const runId = await phi.api.trigger('score');
    await phi.api.running(runId, 'score');
    const queue = new Queue('score', {
      connection: { url: phi.redis.url },
      prefix: queuePrefix(NAMESPACE),
    });
    try {
      const waiting = (): Promise<number> => queue.getWaitingCount();
      await phi.api.until('its job to wait', waiting, (count) => count === 1, STEP_MS);
      for (const executor of phi.executors) {
        executor.signal('SIGKILL');
        await executor.ended;
      }
      await phi.api.until(
        'the attempt to be given up',
        () => phi.api.run(runId),
        ({ executions }) => executions.length === 2,
        STEP_MS,
      );
      expect(await waiting()).toBe(1);
      await phi.api.post(`/v1/runs/${runId}/cancel`, {});
      await phi.api.until('the job to be taken back', waiting, (count) => count === 0, STEP_MS);
    } finally {
      await queue.close();
    }
  });

  it('fails with the code that its worker gives', async () => {
    await startWorker();
    await phi.api.apply({
      jobs: [job('score', 'SCORE', { fails: 'EXEC_005_INVALID_CONFIG: no such model' })],
    });
    expect(await attemptsOf(await phi.api.trigger('score'))).toMatchObject([
      { status: 'FAILED', result: { error_code: 'EXEC_005_INVALID_CONFIG', error_message: 'no such model' } },
    ]);
  });
});

/** Why there can be no Python worker here; undefined where there can. */
const pythonProblem = async (venv: string): Promise<string | undefined> => {
  const run = promisify(execFile);
  const within = { timeout: INSTALLED_WITHIN_MS };
  const pip = join(venv, 'bin/pip');
  try {
    await run('python3', ['-m', 'venv', venv], within);
    await run(pip, ['install', '--quiet', '-r', join(PYTHON_EXAMPLE, 'requirements.txt')], within);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error);
  }
};

const VENV = join(ROOT, '.phi/cache/queue-worker-python');
await mkdir(join(ROOT, '.phi/cache'), { recursive: true });
const problem = await pythonProblem(VENV);

describe('the worker in Python', () => {
  const title = 'runs the example';
  (problem === undefined ? it : it.skip)(
    problem === undefined ? title : `${title} (skipped: ${problem})`,
    async () => {
      const worker = await processes.start(join(VENV, 'bin/python'), [join(PYTHON_EXAMPLE, 'worker.py')], {
        name: 'worker.py',
        env: { REDIS_URL: phi.redis.url, PHI_NAMESPACE: NAMESPACE },
      });
      await worker.output.waitFor('waiting for stages', { ms: STEP_MS });
      await phi.api.apply({ jobs: [job('words', 'WORD_COUNT', { text: 'BullMQ delivers' })] });
      expect(await attemptsOf(await phi.api.trigger('words'))).toMatchObject([
        { status: 'COMPLETED', result: { records_processed: 2, outputs: { longest: 'delivers' } } },
      ]);
      await phi.api.apply({ jobs: [job('words', 'WORD_COUNT', { text: 3 })] });
      expect(await attemptsOf(await phi.api.trigger('words'))).toMatchObject([
        { status: 'FAILED', result: { error_code: 'EXEC_005_INVALID_CONFIG' } },
      ]);
    },
  );
});
