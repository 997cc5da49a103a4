import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_CONFIG, resolveJobDefinition } from '@phi/core';
import { z } from 'zod';
import { defineModule } from '../contract/define-module.js';
import type { ConnectedModules } from '../connectors/connect-modules.js';
import { openModules } from '../connectors/open-modules.js';
import { createModuleRegistry } from '../contract/module-registry.js';
import { createAttemptRunner } from './attempt-runner.js';
import { attemptSpecSchema } from './attempt-spec.js';
import { runStages } from './run-stages.js';

// Whole processes start in these.
jest.setTimeout(120_000);

const STAGES = ['WHO_AM_I', 'ECHO'];
const FIXTURE = fileURLToPath(new URL('../../fixtures/test-modules.mjs', import.meta.url));

describe('a checkpoint (Rule 14)', () => {
  it('is due once the interval has passed since the last, or since the stage began', async () => {
    let now = 5000;
    const due: boolean[] = [];
    const body = defineModule({
      name: 'LONG',
      parameters: z.unknown(),
      run: async ({ checkpoint }) => {
        for (const later of [59_999, 1, 0]) {
          now += later;
          due.push(checkpoint.due);
        }
        await checkpoint.save('half');
        due.push(checkpoint.due);
        now += 60_000;
        due.push(checkpoint.due);
        return { records_processed: 0, records_failed: 0 };
      },
    });
    const spec = attemptSpecSchema.parse({
      execution_id: 'e',
      job_id: 'j',
      run_id: 'r',
      chain_id: 'e',
      fence: 1,
      job_type: 'COMPOSITE',
      job_revision: 1,
      attempt_number: 1,
      stages: ['LONG'],
      parameters: {},
      source_dir: '/',
      data_dir: '/',
      output_dir: '/',
      workdir: '/',
      checkpoint_interval_seconds: 60,
    });
    const ignore = (): void => undefined;
    await runStages(spec, {
      registry: createModuleRegistry([body]),
      signal: new AbortController().signal,
      now: () => now,
      onStageStart: ignore,
      onLog: ignore,
      onProgress: ignore,
      onHeartbeat: ignore,
      onCheckpoint: () => Promise.resolve(),
      onPublish: ignore,
      onStageDone: ignore,
    });
    expect(due).toEqual([false, true, true, false, true]);
  });

  describe('at the end of a stage', () => {
    let directory: string;
    let modules: ConnectedModules;

    beforeAll(async () => {
      directory = await mkdtemp(`${tmpdir()}/phi-checkpoints-`);
      const bindings = Object.fromEntries(
        STAGES.map((name) => [name, { kind: 'handler', path: FIXTURE } as const]),
      );
      modules = openModules(bindings, {
        children: {
          size: 1,
          gracefulMs: 20_000,
          forceKillMs: 20_000,
          childEnv: { PATH: '/usr/bin:/bin' },
          childEntry: new URL('../../dist/runner/child-main.js', import.meta.url),
        },
      });
    });
    afterAll(async () => {
      await modules.close();
      await rm(directory, { recursive: true, force: true });
    });

    it.each([
      [true, 1],
      [false, 0],
    ])('with checkpoint_on_stage %s: %d of two stages', async (checkpoint_on_stage, expected) => {
      const definition = resolveJobDefinition(
        { job_id: 'j', job_type: 'COMPOSITE', pipeline_modules: STAGES, checkpoint: { checkpoint_on_stage } },
        DEFAULT_CONFIG,
      );
      const dirs = { source_dir: directory, data_dir: directory, output_dir: directory, work_dir: directory };
      const saved: string[] = [];
      const end = await createAttemptRunner({
        modules,
        secrets: new Map(),
        checkpoint_max_bytes: 1000,
        http_allow: [],
        ...dirs,
      }).run(
        {
          execution_id: 'e',
          run_id: 'r',
          attempt_number: 1,
          chain_id: 'e',
          fence: 1,
          job_revision: 1,
          definition,
          parameters: {},
          upstream: {},
        },
        {
          signal: new AbortController().signal,
          onBeat: () => undefined,
          onProgress: () => undefined,
          onLog: () => undefined,
          onCheckpoint: ({ stage }) => {
            saved.push(stage);
            return Promise.resolve();
          },
          onPublish: () => undefined,
          onRemoteWait: () => Promise.resolve(),
          onLocalWork: () => Promise.resolve(),
        },
      );
      expect(end.kind).toBe('succeeded');
      expect(saved).toEqual(STAGES.slice(0, expected));
    });
  });
});
