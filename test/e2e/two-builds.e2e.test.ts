import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createKeys } from '@phi/store';
import { Redis } from 'ioredis';

import { handlers } from './fixture/handlers.js';
import { LATER_VALUE, laterBuild, type LaterBuild } from './fixture/later-build.js';
import { notedBodies } from './fixture/noted-bodies.js';
import { Phi, type App } from './fixture/phi.js';

const NOTES = 'notes.jsonl';
const RUNS_AT_ONCE = 12;
const BODY_MS = 150;
const FIRES_OF_LATER = 3;
/** Four jobs, one of which is tried twice. */
const BODIES_OF_A_RUN = 5;
const KEYS = createKeys('e2e');

let phi: Phi;
let later: LaterBuild;
beforeEach(async () => {
  later = laterBuild();
  phi = await Phi.start({
    executors: 2,
    env: {
      EXECUTOR_PARALLELISM: '4',
      PHI_HANDLERS: handlers('NOTING'),
      // No lease is to run out on a slow machine: each body runs once.
      EXECUTOR_HEARTBEAT_INTERVAL_SECONDS: '30',
    },
  });
});
afterEach(async () => {
  await phi.stop();
  later.remove();
});

const noting = (job_id: string, after: readonly string[] = [], more: object = {}): object => ({
  job_id,
  job_type: 'COMPOSITE',
  pipeline_modules: ['NOTING'],
  parameters: { NOTING: { notes: NOTES, ms: BODY_MS, ...more } },
  retry_policy: { max_attempts: 3, initial_delay_seconds: 0 },
  dependencies: after.map((upstream_job_id) => ({ upstream_job_id })),
});

/** Fires every second into a pool that starts nothing for the time being. */
const PAUSED = 'held-back';
const ticking = {
  ...noting('ticking'),
  schedule: { schedule_type: 'CRON', cron_expression: '* * * * * *' },
  resources: { resource_pool: PAUSED },
};
const JOBS = [
  noting('first'),
  noting('left', ['first'], { fails_until: 2 }),
  noting('right', ['first']),
  noting('last', ['left', 'right']),
  ticking,
];

/** Every service but the API from another checkout; each ends in its order once its successor is ready. */
async function roll(root?: string): Promise<void> {
  const leaving = phi.running.filter(({ name }) => name !== 'api');
  for (const service of leaving) {
    await phi.launch(service.name as App, root === undefined ? {} : { root });
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  }
}

/** Executions whose record has the field that the later build writes when it creates one. */
async function createdByLater(): Promise<readonly string[]> {
  const redis = new Redis(phi.redis.url);
  try {
    const ids = (await phi.api.executionsOf('ticking')).map(({ execution_id }) => execution_id);
    const records = await Promise.all(ids.map((id) => redis.getBuffer(KEYS.key(`x:${id}`))));
    return ids.filter((_id, index) => records[index]?.includes(LATER_VALUE));
  } finally {
    redis.disconnect();
  }
}

it('a later build and this one work beside each other, there and back: nothing is lost, run twice or forgotten', async () => {
  await phi.api.setPool(PAUSED, { paused: true });
  await phi.api.apply({ jobs: JOBS });
  const runs: string[] = [];
  const startRuns = async (): Promise<void> => {
    runs.push(...(await Promise.all(Array.from({ length: RUNS_AT_ONCE }, () => phi.api.trigger('first')))));
  };

  await startRuns();
  await roll(later.root);
  await startRuns();
  const waiting = await phi.api.until(
    'the later build to fire',
    createdByLater,
    ({ length }) => length >= FIRES_OF_LATER,
  );
  await startRuns();
  await roll();
  await startRuns();
  await phi.api.apply({ jobs: [{ ...ticking, enabled: false }] });
  await phi.api.setPool(PAUSED, { paused: false });

  for (const run of runs) {
    const { status, executions } = await phi.api.ended(run);
    expect(status).toBe('succeeded');
    const attempts = executions.map(({ job_id, attempt_number }) => `${job_id} ${String(attempt_number)}`);
    expect(attempts.toSorted()).toEqual(['first 1', 'last 1', 'left 1', 'left 2', 'right 1']);
  }
  const ticked = await phi.api.until(
    'what was fired to end',
    () => phi.api.executionsOf('ticking'),
    (all) => all.every(({ status }) => status === 'COMPLETED'),
  );
  // This build has changed the records that the later one created, and has left them what it does not know.
  expect(await createdByLater()).toEqual(expect.arrayContaining([...waiting]));
  const bodies = [...(await notedBodies(phi, NOTES)).values()];
  expect(bodies).toHaveLength(runs.length * BODIES_OF_A_RUN + ticked.length);
  for (const { starts, ends } of bodies) expect([starts.length, ends.length]).toEqual([1, 1]);
  expect((await phi.api.fsck()).findings).toEqual([]);
});
