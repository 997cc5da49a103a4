import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ProcessGroup } from '@phi/testkit';

import { gatedJob } from './fixture/gated-job.js';
import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';

let phi: Phi;
let small: ProcessGroup;
let large: ProcessGroup;

beforeAll(async () => {
  phi = await Phi.start({
    executors: 0,
    env: { EXECUTOR_PARALLELISM: '2', PHI_HANDLERS: handlers('GATED') },
  });
  small = await phi.startExecutor({ EXECUTOR_CPU_CORES: '1' });
  large = await phi.startExecutor({ EXECUTOR_CPU_CORES: '4' });
});
afterAll(() => phi.stop());

const job = (job_id: string, resources: object): object => gatedJob(job_id, { resources });

interface PoolAnswer {
  readonly held: number;
  readonly waiting: number;
  readonly executors: readonly string[];
  readonly named_by: readonly string[];
  readonly queue: readonly { readonly job_id: string; readonly is_unplaceable: boolean }[];
}

const pidOf = async (executionId: string): Promise<number> => (await phi.holderOf(executionId)).pid;
const pool = (name: string): Promise<PoolAnswer> => phi.api.get(`/v1/pools/${name}`);

it('what requests more than an executor has runs on another, whoever takes delivery', async () => {
  await phi.api.apply({
    jobs: [
      job('light', { cpu_cores: 1 }),
      job('heavy', { cpu_cores: 3 }),
      job('heavier', { cpu_cores: 4 }),
      job('huge', { cpu_cores: 5 }),
    ],
  });
  const heavy = await phi.api.trigger('heavy');
  await phi.api.running(heavy, 'heavy');
  expect(await pidOf(heavy)).toBe(large.pid);
  const light = await phi.api.trigger('light');
  await phi.api.running(light, 'light');
  const [heavier, huge] = [await phi.api.trigger('heavier'), await phi.api.trigger('huge')];
  expect(await pool('default')).toMatchObject({
    waiting: 2,
    queue: expect.arrayContaining([
      expect.objectContaining({ job_id: 'heavier', is_unplaceable: false }),
      expect.objectContaining({ job_id: 'huge', is_unplaceable: true }),
    ]),
  });
  for (const gate of ['light', 'heavy']) await phi.openGate(gate);
  await phi.api.running(heavier, 'heavier');
  expect(await pidOf(heavier)).toBe(large.pid);
  await phi.openGate('heavier');
  expect(await phi.api.ended(heavier)).toMatchObject({ status: 'succeeded' });
  expect((await phi.api.execution(huge)).status).toBe('QUEUED');
  // It may be resized: an executor that can hold it.
  const grown = await phi.startExecutor({ EXECUTOR_CPU_CORES: '8' });
  await phi.api.running(huge, 'huge');
  expect(await pidOf(huge)).toBe(grown.pid);
  await phi.openGate('huge');
  expect(await phi.api.ended(huge)).toMatchObject({ status: 'succeeded' });
});

it('a dedicated pool is served by those alone that name it', async () => {
  await phi.api.setPool('gpu', { dedicated: true, pool_concurrency_limit: 1 });
  await phi.api.apply({ jobs: [job('train', { resource_pool: 'gpu' }), job('common', {})] });
  const train = await phi.api.trigger('train');
  expect(await pool('gpu')).toMatchObject({ held: 0, waiting: 1, executors: [] });
  const own = await phi.startExecutor({ EXECUTOR_POOLS: 'gpu,default' });
  await own.output.waitFor('EXECUTOR_POOLS names pools that are not dedicated');
  await phi.api.running(train, 'train');
  expect(await pidOf(train)).toBe(own.pid);
  const [named] = (await pool('gpu')).executors;
  expect((await pool('default')).named_by).toEqual([named]);
  // What belongs to no dedicated pool does not come to it.
  for (const leaving of [small, large]) leaving.signal('SIGTERM');
  const ran = await phi.api.trigger('common');
  await phi.api.running(ran, 'common');
  expect(await pidOf(ran)).not.toBe(own.pid);
  for (const gate of ['train', 'common']) await phi.openGate(gate);
  for (const id of [train, ran]) expect(await phi.api.ended(id)).toMatchObject({ status: 'succeeded' });
});
