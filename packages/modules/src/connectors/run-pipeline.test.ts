import { describe, expect, it } from '@jest/globals';
import type { AttemptHooks, AttemptOutcome } from '../runner/attempt-outcome.js';
import { summarizeStages } from '../runner/attempt-result.js';
import type { AttemptSpecInput, StageReport } from '../runner/attempt-spec.js';
import { connectModules } from './connect-modules.js';
import type { Connector } from './connector.js';
import { runPipeline } from './run-pipeline.js';
import { stageConnector, type StageCall, type StageDriver } from './stage-connector.js';

const reportOf = (stage: string): StageReport => ({
  stage,
  duration_seconds: 1,
  result: {
    records_processed: 1,
    records_failed: 0,
    metrics: {},
    outputs: { of: stage },
    validation_results: [],
  },
});

const recording = (takesSeveral: boolean, handed: AttemptSpecInput[]): Connector => ({
  takesSeveral,
  isRemote: !takesSeveral,
  run: async (attempt) => {
    handed.push(attempt);
    return Promise.resolve({ kind: 'succeeded', result: summarizeStages(attempt.stages.map(reportOf)) });
  },
  close: () => Promise.resolve(),
});

const driven = (runStage: StageDriver['runStage']): Connector =>
  stageConnector({ isRemote: true, runStage, close: () => Promise.resolve() });

const attempt = (stages: string[], completed: string[] = []): Parameters<typeof runPipeline>[0] => ({
  execution_id: 'e-2',
  job_id: 'job',
  run_id: 'r-1',
  chain_id: 'e-1',
  fence: 7,
  job_type: 'COMPOSITE',
  job_revision: 1,
  attempt_number: 2,
  stages,
  parameters: { LOCAL: { a: 1 }, REMOTE: { token: { secret: 'TOKEN' } }, OTHER: { b: 2 } },
  source_dir: '/',
  data_dir: '/',
  output_dir: '/',
  workdir: '/',
  resume: { completed_stages: completed.map(reportOf), checkpoint: { stage: 'REMOTE', state: 'half' } },
});

const run = async (
  spec: Parameters<typeof runPipeline>[0],
  connectors: Record<string, Connector>,
  hooks: Partial<AttemptHooks> = {},
): Promise<AttemptOutcome> => {
  const kinds = { LOCAL: 'builtin', OTHER: 'builtin', REMOTE: 'http' } as const;
  const of = (_: unknown, name: string): Connector => connectors[name] ?? recording(false, []);
  const modules = connectModules(
    Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => [
        name,
        kind === 'http' ? { kind, url: 'https://remote.example' } : { kind, module: 'ALPHA' as const },
      ]),
    ),
    { builtin: of, handler: of, command: of, http: of, queue: of },
  );
  const host = {
    connectorOf: (name: string) => modules.connectorOf(name),
    secrets: new Map([['TOKEN', 'sesame']]),
  };
  return runPipeline(spec, host, { signal: new AbortController().signal, ...hooks });
};

describe('runPipeline', () => {
  it('hands what follows one another over together where the connector takes several', async () => {
    const handed: AttemptSpecInput[] = [];
    const local = recording(true, handed);
    const outcome = await run(attempt(['LOCAL', 'OTHER', 'REMOTE', 'LOCAL']), {
      LOCAL: local,
      OTHER: local,
      REMOTE: recording(false, handed),
    });
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { records_processed: 1 } });
    expect(handed.map(({ stages, resume }) => [stages, resume?.completed_stages?.length])).toEqual([
      [['LOCAL', 'OTHER'], 0],
      [['LOCAL', 'OTHER', 'REMOTE'], 2],
      [['LOCAL', 'OTHER', 'REMOTE', 'LOCAL'], 3],
    ]);
  });

  it('gives a stage its own parameters with its secrets, what comes before it, and its checkpoint', async () => {
    const calls: StageCall[] = [];
    const remote = driven((call) => {
      calls.push(call);
      return Promise.resolve({ reported: { records_processed: 3, records_failed: 1 } });
    });
    const outcome = await run(attempt(['LOCAL', 'REMOTE'], ['LOCAL']), { REMOTE: remote });
    expect(calls).toEqual([
      expect.objectContaining({
        chain_id: 'e-1',
        fence: 7,
        parameters: { token: 'sesame' },
        inputs: { stages: { LOCAL: { of: 'LOCAL' } }, jobs: {} },
        checkpoint: 'half',
      }),
    ]);
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { records_failed: 1 } });
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no luck')), 'no luck'],
    ['reports nonsense', () => Promise.resolve({ reported: { records_processed: -1 } }), 'records_processed'],
  ])('fails at a stage whose module %s', async (_, runStage, message) => {
    const handed: AttemptSpecInput[] = [];
    const outcome = await run(attempt(['REMOTE', 'LOCAL']), {
      REMOTE: driven(runStage),
      LOCAL: recording(true, handed),
    });
    expect(outcome).toMatchObject({
      kind: 'failed',
      stage: 'REMOTE',
      error: { code: 'EXEC_006_MODULE_FAILED', message: expect.stringContaining(message) },
    });
    expect(handed).toEqual([]);
  });

  it('names what is registered for a module that is not', async () => {
    expect(await run(attempt(['DELTA']), {})).toMatchObject({
      kind: 'failed',
      error: {
        code: 'EXEC_016_MODULE_NOT_REGISTERED',
        message: expect.stringContaining('LOCAL, OTHER, REMOTE'),
      },
    });
  });

  it('gives the place back before a remote stage, and has it again before a local one', async () => {
    const told: string[] = [];
    const telling = (isRemote: boolean): Connector => ({
      ...recording(!isRemote, []),
      run: async (given) => {
        told.push(`${isRemote ? 'remote' : 'local'} ${String(given.stages.at(-1))}`);
        return Promise.resolve({ kind: 'succeeded', result: summarizeStages(given.stages.map(reportOf)) });
      },
    });
    const tell = (what: string) => async (): Promise<void> => {
      told.push(what);
      return Promise.resolve();
    };
    await run(
      attempt(['LOCAL', 'REMOTE', 'OTHER']),
      { LOCAL: telling(false), REMOTE: telling(true), OTHER: telling(false) },
      { onRemoteWait: tell('leaves'), onLocalWork: tell('needs its place') },
    );
    expect(told).toEqual([
      'needs its place',
      'local LOCAL',
      'leaves',
      'remote REMOTE',
      'needs its place',
      'local OTHER',
    ]);
  });

  it('begins nothing more once it is stopped', async () => {
    const stop = new AbortController();
    const handed: AttemptSpecInput[] = [];
    const remote = driven(() => {
      stop.abort(new Error('enough'));
      return Promise.resolve({ reported: { records_processed: 0, records_failed: 0 } });
    });
    const outcome = await run(
      attempt(['REMOTE', 'LOCAL']),
      { REMOTE: remote, LOCAL: recording(true, handed) },
      { signal: stop.signal },
    );
    expect(outcome).toMatchObject({ kind: 'aborted', reason: 'enough' });
    expect(handed).toEqual([]);
  });
});
