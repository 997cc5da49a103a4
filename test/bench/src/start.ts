import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  attemptSpecSchema,
  createModuleRegistry,
  createRunnerPool,
  runStages,
  type AttemptSpecInput,
} from '@phi/modules';

import type { LatencyRow } from './latency.js';
import { percentile } from './measure.js';
import { NOTHING } from './nothing-module.js';

/** Design, Performance budget: what a warm child may add to the start of a body, in milliseconds at p50. */
export const CHILD_BUDGET_MS = 5;

/** A body that does nothing but say that it has begun: in this process, and in a warm child. */
export async function benchStart({ samples }: { readonly samples: number }): Promise<readonly LatencyRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'phi-bench-'));
  try {
    return [
      ...(await measured('in this process', samples, (onBegun) => inProcess(directory, onBegun))),
      ...(await inChildren(directory, samples)),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function inChildren(directory: string, samples: number): Promise<readonly LatencyRow[]> {
  const pool = createRunnerPool({
    size: 1,
    gracefulMs: 1000,
    forceKillMs: 1000,
    childEnv: {},
    // One child throughout: what a start costs that is not warm is not the question.
    maxRunsPerChild: 2 * samples,
    modules: { NOTHING: { kind: 'handler', url: new URL('./nothing-module.js', import.meta.url).href } },
  });
  const signal = new AbortController().signal;
  const run = async (onBegun: () => void): Promise<void> => {
    const outcome = await pool.run(attempt(directory), { signal, onProgress: onBegun });
    if (outcome.kind !== 'succeeded') throw new Error(JSON.stringify(outcome));
  };
  try {
    await run(() => undefined);
    return await measured('in a warm child', samples, run);
  } finally {
    await pool.close();
  }
}

async function inProcess(directory: string, onBegun: () => void): Promise<void> {
  const ignore = (): void => undefined;
  await runStages(attemptSpecSchema.parse(attempt(directory)), {
    registry: createModuleRegistry([NOTHING]),
    signal: new AbortController().signal,
    now: () => performance.now(),
    onStageStart: ignore,
    onLog: ignore,
    onProgress: onBegun,
    onHeartbeat: ignore,
    onCheckpoint: () => Promise.resolve(),
    onPublish: ignore,
    onStageDone: ignore,
  });
}

async function measured(
  where: string,
  samples: number,
  run: (onBegun: () => void) => Promise<void>,
): Promise<readonly LatencyRow[]> {
  const begins: number[] = [];
  const ends: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const from = performance.now();
    await run(() => begins.push(performance.now() - from));
    ends.push(performance.now() - from);
  }
  const row = (what: string, values: readonly number[]): LatencyRow => ({
    name: `${what} ${where}`,
    p50_ms: percentile(values, 0.5),
    p99_ms: percentile(values, 0.99),
  });
  return [row('body begun', begins), row('attempt ended', ends)];
}

function attempt(directory: string): AttemptSpecInput {
  return {
    execution_id: 'bench',
    job_id: 'bench',
    run_id: 'bench',
    chain_id: 'bench',
    fence: 1,
    job_type: 'COMPOSITE',
    job_revision: 1,
    attempt_number: 1,
    stages: ['NOTHING'],
    parameters: {},
    source_dir: directory,
    data_dir: directory,
    output_dir: directory,
    workdir: directory,
  };
}
