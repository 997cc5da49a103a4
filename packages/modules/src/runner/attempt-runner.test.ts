import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_CONFIG, resolveJobDefinition, type AttemptEnd } from '@phi/core';
import type { ConnectedModules } from '../connectors/connect-modules.js';
import { openModules } from '../connectors/open-modules.js';
import { createAttemptRunner } from './attempt-runner.js';

// Whole processes start in these.
jest.setTimeout(120_000);

const FIXTURE = fileURLToPath(new URL('../../fixtures/test-modules.mjs', import.meta.url));
const MODULES = ['REPLACES_WORK_DIR', 'EXIT', 'SELF_KILL', 'EAT_HEAP', 'FAIL'];

describe('createAttemptRunner', () => {
  let directory: string;
  let modules: ConnectedModules;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'phi-attempts-'));
    const bindings = Object.fromEntries(
      MODULES.map((name) => [name, { kind: 'handler', path: FIXTURE } as const]),
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
  afterEach(async () => {
    await modules.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function run(
    module: string,
  ): Promise<{ readonly end: AttemptEnd; readonly lines: readonly string[] }> {
    const lines: string[] = [];
    const definition = resolveJobDefinition(
      { job_id: 'j', job_type: 'COMPOSITE', pipeline_modules: [module], parameters: { EXIT: { status: 3 } } },
      DEFAULT_CONFIG,
    );
    const end = await createAttemptRunner({
      modules,
      secrets: new Map(),
      checkpoint_max_bytes: 1000,
      http_allow: [],
      source_dir: directory,
      data_dir: directory,
      output_dir: directory,
      work_dir: join(directory, 'work'),
    }).run(
      {
        execution_id: 'e',
        run_id: 'r',
        attempt_number: 1,
        chain_id: 'e',
        fence: 1,
        job_revision: 1,
        definition,
        parameters: definition.parameters,
        upstream: {},
      },
      {
        signal: new AbortController().signal,
        onBeat: () => undefined,
        onProgress: () => undefined,
        onLog: (stream, text) => void lines.push(`${stream} ${text}`),
        onCheckpoint: () => Promise.resolve(),
        onPublish: () => undefined,
        onRemoteWait: () => Promise.resolve(),
        onLocalWork: () => Promise.resolve(),
      },
    );
    return { end, lines };
  }

  it('keeps what a body achieved although its directory cannot be removed, and says so', async () => {
    const { end, lines } = await run('REPLACES_WORK_DIR');
    expect(end).toMatchObject({ kind: 'succeeded' });
    expect(await readFile(join(directory, 'work'), 'utf8')).toBe('in the way');
    expect(lines).toContainEqual(
      expect.stringMatching(/^phi WARN its directory could not be removed: .*ENOTDIR/),
    );
  });

  it.each([
    ['EXIT', 'EXEC_036_NO_ANSWER'],
    ['SELF_KILL', 'EXEC_014_NATIVE_CRASH'],
    ['EAT_HEAP', 'EXEC_015_OUT_OF_MEMORY'],
  ])('tells a body that crashed without a word: %s', async (module, error_code) => {
    expect((await run(module)).end).toMatchObject({ kind: 'failed', error_code, crashed: true });
  });

  it('does not count as crashed what says how it failed', async () => {
    const { end } = await run('FAIL');
    expect(end).toMatchObject({ kind: 'failed', error_code: 'EXEC_006_MODULE_FAILED' });
    expect(end).not.toHaveProperty('crashed');
  });
});
