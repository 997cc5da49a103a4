import { describe, expect, it } from '@jest/globals';
import { attemptSpecSchema } from '../runner/attempt-spec.js';
import type { AttemptHooks } from '../runner/attempt-outcome.js';
import { Gate } from '../runner/gate.js';
import { watchProgress } from './watch-progress.js';

const spec = (watch_progress: boolean) =>
  attemptSpecSchema.parse({
    execution_id: 'e',
    job_id: 'j',
    run_id: 'r',
    chain_id: 'e',
    fence: 1,
    job_type: 'COMPOSITE',
    job_revision: 1,
    attempt_number: 1,
    stages: ['REMOTE'],
    parameters: {},
    source_dir: '/',
    data_dir: '/',
    output_dir: '/',
    workdir: '/',
    heartbeat: { heartbeat_interval_seconds: 0.02, missed_heartbeat_limit: 2, watch_progress },
  });

const untilStopped = async ({ signal }: AttemptHooks): Promise<'stopped'> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve('stopped');
    });
  });

const hooks = (signal = new AbortController().signal): AttemptHooks => ({ signal });

describe('watchProgress (Rule 13)', () => {
  it('stops a stage that shows no progress where its job demands some', async () => {
    expect(await watchProgress(spec(true), 'REMOTE', hooks(), new Gate(), untilStopped)).toMatchObject({
      kind: 'failed',
      stage: 'REMOTE',
      error: { code: 'EXEC_013_HEARTBEAT_MISSED', message: expect.stringContaining('2 heartbeats missed') },
    });
  });

  it('lets one go on that shows progress, and hands on what it shows', async () => {
    const told: number[] = [];
    const ended = await watchProgress(
      spec(true),
      'REMOTE',
      { ...hooks(), onProgress: (_, records) => told.push(records) },
      new Gate(),
      async (watched) =>
        new Promise((resolve) => {
          let records = 0;
          const timer = setInterval(() => {
            records += 1;
            watched.onProgress?.('REMOTE', records);
            if (records < 30 && !watched.signal.aborted) return;
            clearInterval(timer);
            resolve(watched.signal.aborted ? 'stopped' : 'done');
          }, 5);
        }),
    );
    expect(ended).toBe('done');
    expect(told).toHaveLength(30);
  });

  it('watches nothing where the job does not demand it, and counts nothing while the gate is closed', async () => {
    const closed = new Gate();
    await closed.freeze();
    for (const [watches, gate] of [
      [false, new Gate()],
      [true, closed],
    ] as const) {
      const stop = new AbortController();
      const running = watchProgress(spec(watches), 'REMOTE', hooks(stop.signal), gate, untilStopped);
      setTimeout(() => {
        stop.abort(new Error('enough'));
      }, 200);
      expect(await running).toBe('stopped');
    }
  });
});
