import { EventEmitter, once } from 'node:events';
import { tmpdir } from 'node:os';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  DEFAULT_CONFIG,
  moduleBindingSchema,
  resolveJobDefinition,
  type RemoteJobStore,
  type StageQueues,
} from '@phi/core';
import {
  createAttemptRunner,
  openModules,
  type AttemptHooks,
  type AttemptOutcome,
  type AttemptSpecInput,
  type ConnectedModules,
} from '@phi/modules';
import { BullStageQueues, queuePrefix } from '@phi/queues';
import { openStores } from '@phi/store';
import { testRedis, type TestRedis } from '@phi/testkit';
import { Queue, Worker, type Job } from 'bullmq';
import { Redis } from 'ioredis';

const QUEUE = 'score';
/** Nothing is admitted here. */
const UNHEARD = {
  onAdmitted: () => undefined,
  onMore: () => undefined,
  onConditions: () => undefined,
  onUnreadable: () => undefined,
};

let corner: TestRedis;
let queue: Queue;
let queues: BullStageQueues;
let remoteJobs: RemoteJobStore;
let modules: ConnectedModules;
let consumer: Redis;
let workers: Worker[] = [];

beforeEach(() => {
  corner = testRedis('queue-module');
  const prefix = queuePrefix(corner.namespace);
  consumer = new Redis(corner.url, { maxRetriesPerRequest: null });
  queue = new Queue(QUEUE, { prefix, connection: corner.connect() });
  queues = new BullStageQueues({
    redisUrl: corner.url,
    namespace: corner.namespace,
    onError: () => undefined,
  });
  remoteJobs = openStores(corner.connect(), corner.namespace, UNHEARD).remoteJobs;
  modules = open();
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.close(true)));
  workers = [];
  await modules.close();
  await queues.close();
  await queue.close();
  consumer.disconnect();
  await corner.cleanup();
});

function open(more: object = {}, by: StageQueues = queues): ConnectedModules {
  const binding = {
    kind: 'queue',
    queue: QUEUE,
    poll_interval_seconds: 1,
    cancel_timeout_seconds: 0,
    ...more,
  };
  return openModules(
    { SCORE: moduleBindingSchema.parse(binding) },
    {
      children: { size: 1, warm: 0, gracefulMs: 1, forceKillMs: 1, childEnv: {} },
      queues: { queues: by, remoteJobs },
    },
  );
}

/** A worker as somebody else would write it. */
function work(processor: (job: Job) => Promise<unknown>): void {
  const worker = new Worker(QUEUE, processor, {
    prefix: queuePrefix(corner.namespace),
    connection: consumer,
  });
  worker.on('error', () => undefined);
  workers.push(worker);
}

const attempt = (checkpoint?: string): AttemptSpecInput => ({
  execution_id: 'e-2',
  job_id: 'job',
  run_id: 'r-1',
  chain_id: 'c0ffee',
  fence: 7,
  job_type: 'COMPOSITE',
  job_revision: 1,
  attempt_number: 2,
  stages: ['SCORE'],
  parameters: { SCORE: { who: 'world' } },
  source_dir: tmpdir(),
  data_dir: tmpdir(),
  output_dir: tmpdir(),
  workdir: tmpdir(),
  ...(checkpoint !== undefined && {
    resume: { completed_stages: [], checkpoint: { stage: 'SCORE', state: checkpoint } },
  }),
});

function run(
  hooks: Partial<AttemptHooks> = {},
  checkpoint?: string,
  by: ConnectedModules = modules,
): Promise<AttemptOutcome> {
  return by.connectorOf('SCORE').run(attempt(checkpoint), { signal: new AbortController().signal, ...hooks });
}

/** The queues, without what they tell. */
const deaf = (): StageQueues => ({
  add: queues.add.bind(queues),
  look: queues.look.bind(queues),
  remove: queues.remove.bind(queues),
  watch: () => () => undefined,
});

/** What was told of progress. */
class Told {
  readonly all: [stage: string, records: number][] = [];
  private readonly arrivals = new EventEmitter();

  readonly take = (stage: string, records: number): void => {
    this.all.push([stage, records]);
    this.arrivals.emit('told');
  };

  /** Resolves when so many records have been told. */
  async includes(records: number): Promise<void> {
    while (!this.all.some(([, told]) => told === records)) await once(this.arrivals, 'told');
  }
}

/** What is on record of the chain: generations of the stage. */
const recorded = async (): Promise<number[]> =>
  (await remoteJobs.ofChain('c0ffee', ['SCORE'])).map(({ generation }) => generation);

/** Resolves when the queue has a job. */
async function added(): Promise<Job> {
  for (;;) {
    const [job] = await queue.getJobs(['waiting', 'active']);
    if (job !== undefined) return job;
  }
}

describe('a stage on a queue', () => {
  it('is a job with the whole call, and its return value is the result', async () => {
    const taken: Job[] = [];
    work((job) => {
      taken.push(job);
      return Promise.resolve({ records_processed: 3, records_failed: 1, outputs: { a: 'b' } });
    });
    expect(await run()).toMatchObject({
      kind: 'succeeded',
      result: { records_processed: 3, records_failed: 1, outputs: { a: 'b' } },
    });
    expect(taken.map(({ id, name, data }) => [id, name, data as unknown])).toEqual([
      [
        'c0ffee-SCORE-1',
        'job',
        expect.objectContaining({
          key: 'c0ffee-SCORE-1',
          stage: 'SCORE',
          fence: 7,
          parameters: { who: 'world' },
        }),
      ],
    ]);
  });

  it('whose result is none is another job at the next attempt', async () => {
    work(({ id }) =>
      Promise.resolve(id === 'c0ffee-SCORE-1' ? 'nonsense' : { records_processed: 1, records_failed: 0 }),
    );
    const saved: string[] = [];
    const first = await run({
      onCheckpoint: (_, state) => {
        saved.push(state as string);
        return Promise.resolve();
      },
    });
    expect(first).toMatchObject({ kind: 'failed', error: { code: 'EXEC_006_MODULE_FAILED' } });
    expect(await run({}, saved.at(-1))).toMatchObject({ kind: 'succeeded' });
  });

  it('finds out how it ended without being told', async () => {
    modules = open({ poll_interval_seconds: 0.1 }, deaf());
    const running = run();
    await added();
    work(() => Promise.resolve({ records_processed: 1, records_failed: 0 }));
    expect(await running).toMatchObject({ kind: 'succeeded' });
  });

  it('tells how far it is, and keeps what the worker saves', async () => {
    // Nothing but what the queue tells: it is looked at once.
    modules = open({ poll_interval_seconds: 60 });
    const told = new Told();
    work(async (job) => {
      await job.updateProgress(5);
      await job.updateProgress({ records: 6, checkpoint: 'line 6' });
      await job.updateProgress('half way');
      await told.includes(6);
      return { records_processed: 6, records_failed: 0 };
    });
    const saved: string[] = [];
    await run({
      onProgress: told.take,
      onCheckpoint: (_, state) => {
        saved.push(state as string);
        return Promise.resolve();
      },
    });
    expect(told.all).toContainEqual(['SCORE', 5]);
    expect(told.all).toContainEqual(['SCORE', 6]);
    expect(saved).toEqual(['{"generation":1,"state":"line 6"}']);
    await Promise.all(workers.map((worker) => worker.close()));
    work((job) =>
      Promise.resolve({
        records_processed: 0,
        records_failed: 0,
        outputs: { from: String((job.data as { checkpoint?: string }).checkpoint) },
      }),
    );
    expect(await run({}, '{"generation":2,"state":"line 6"}')).toMatchObject({
      result: { outputs: { from: 'line 6' } },
    });
  });

  it('is looked at for how far it is, though nothing is told', async () => {
    modules = open({ poll_interval_seconds: 0.1 }, deaf());
    const told = new Told();
    work(async (job) => {
      await job.updateProgress(5);
      await told.includes(5);
      return { records_processed: 5, records_failed: 0 };
    });
    expect(await run({ onProgress: told.take })).toMatchObject({ kind: 'succeeded' });
  });

  it('keeps what a worker saved before it failed, though nobody listened or looked', async () => {
    modules = open(
      { poll_interval_seconds: 0.1 },
      {
        ...deaf(),
        look: async (stage) => {
          const seen = await queues.look(stage);
          return seen.state === 'ACTIVE' ? { state: 'WAITING' } : seen;
        },
      },
    );
    work(async (job) => {
      await job.updateProgress({ checkpoint: 'line 6' });
      throw new Error('no luck');
    });
    const saved: string[] = [];
    const running = run({
      onCheckpoint: (_, state) => {
        saved.push(state as string);
        return Promise.resolve();
      },
    });
    expect(await running).toMatchObject({ kind: 'failed' });
    expect(saved.at(-1)).toBe('{"generation":2,"state":"line 6"}');
  });

  it.each([
    ['EXEC_018_CONNECTION_FAILED: no route', 'EXEC_018_CONNECTION_FAILED', 'no route'],
    ['no luck', 'EXEC_006_MODULE_FAILED', 'no luck'],
  ])('fails with %s, and runs anew at the next attempt', async (reason, code, message) => {
    const ids: unknown[] = [];
    work(({ id }) => {
      ids.push(id);
      return id === 'c0ffee-SCORE-1'
        ? Promise.reject(new Error(reason))
        : Promise.resolve({ records_processed: 1, records_failed: 0 });
    });
    const saved: string[] = [];
    expect(
      await run({
        onCheckpoint: (_, state) => {
          saved.push(state as string);
          return Promise.resolve();
        },
      }),
    ).toMatchObject({
      kind: 'failed',
      stage: 'SCORE',
      error: { code, message },
    });
    expect(await run({}, saved.at(-1))).toMatchObject({ kind: 'succeeded' });
    expect(ids).toEqual(['c0ffee-SCORE-1', 'c0ffee-SCORE-2']);
  });

  it('does not succeed with a return value that is no result', async () => {
    work(() => Promise.resolve('done'));
    expect(await run()).toMatchObject({ kind: 'failed', error: { code: 'EXEC_006_MODULE_FAILED' } });
  });

  it('is one job for all who ask for it, however it has ended', async () => {
    let bodies = 0;
    const first = run();
    const second = run();
    await added();
    work(() => {
      bodies += 1;
      return Promise.resolve({ records_processed: 1, records_failed: 0 });
    });
    expect(await Promise.all([first, second])).toMatchObject([{ kind: 'succeeded' }, { kind: 'succeeded' }]);
    // An attempt after one that was lost just before it could say so.
    expect(await run()).toMatchObject({ kind: 'succeeded' });
    expect(bodies).toBe(1);
  });

  it('gives its worker references to secrets, never their values', async () => {
    const canary = 'canary-a3f9';
    work((job) =>
      Promise.resolve({
        records_processed: 0,
        records_failed: 0,
        outputs: { seen: JSON.stringify((job.data as { parameters: unknown }).parameters) },
      }),
    );
    const definition = resolveJobDefinition(
      { job_id: 'j', job_type: 'COMPOSITE', pipeline_modules: ['SCORE'] },
      DEFAULT_CONFIG,
    );
    const { run_id, execution_id, attempt_number, chain_id, fence, job_revision } = attempt();
    const directory = tmpdir();
    const runner = createAttemptRunner({
      modules,
      secrets: new Map([['API', canary]]),
      source_dir: directory,
      data_dir: directory,
      output_dir: directory,
      work_dir: directory,
      checkpoint_max_bytes: 1000,
      http_allow: [],
    });
    const end = await runner.run(
      {
        run_id,
        execution_id,
        attempt_number,
        chain_id,
        fence,
        job_revision,
        definition,
        parameters: { SCORE: { token: { secret: 'API' } } },
        upstream: {},
      },
      {
        signal: new AbortController().signal,
        onLog: () => undefined,
        onBeat: () => undefined,
        onProgress: () => undefined,
        onCheckpoint: () => Promise.resolve(),
        onPublish: () => undefined,
        onRemoteWait: () => Promise.resolve(),
        onLocalWork: () => Promise.resolve(),
      },
    );
    expect(end).toMatchObject({
      kind: 'succeeded',
      achieved: { outputs: { seen: '{"token":{"secret":"API"}}' } },
    });
    const redis = corner.connect();
    const stored = await queue.getJobs();
    expect(stored.length).toBeGreaterThan(0);
    for (const job of stored) {
      const raw = await redis.hgetall(`${queuePrefix(corner.namespace)}:${QUEUE}:${String(job.id)}`);
      expect(JSON.stringify(raw)).not.toContain(canary);
    }
  });
});

describe('what is on record of it', () => {
  it('is there from before it is added, until it has ended', async () => {
    const seen: number[][] = [];
    modules = open(
      {},
      {
        ...deaf(),
        add: async (...job) => {
          seen.push(await recorded());
          await queues.add(...job);
        },
      },
    );
    work(() => Promise.resolve({ records_processed: 1, records_failed: 0 }));
    expect(await run()).toMatchObject({ kind: 'succeeded' });
    expect(seen).toEqual([[1]]);
    expect(await recorded()).toEqual([]);
  });

  it('is another generation after a failure', async () => {
    work(() => Promise.reject(new Error('no luck')));
    expect(await run({}, '{"generation":3}')).toMatchObject({ kind: 'failed' });
    expect(await recorded()).toEqual([]);
  });

  it.each([
    ['CANCELLED', []],
    ['TIMEOUT', []],
    ['SHUTDOWN', [1]],
    ['LEASE_LOST', [1]],
  ])('is left by %s: %j', async (reason, left) => {
    const stop = new AbortController();
    const running = run({ signal: stop.signal });
    await added();
    stop.abort(reason);
    expect(await running).toMatchObject({ kind: 'aborted' });
    expect(await recorded()).toEqual(left);
  });
});

describe('stopping it', () => {
  it.each(['CANCELLED', 'TIMEOUT'])('takes it back where no worker has it (%s)', async (reason) => {
    const stop = new AbortController();
    const running = run({ signal: stop.signal });
    await added();
    stop.abort(reason);
    expect(await running).toMatchObject({ kind: 'aborted', termination_method: 'GRACEFUL' });
    expect(await queue.getJobCountByTypes('waiting', 'active')).toBe(0);
  });

  it.each(['SHUTDOWN', 'LEASE_LOST'])('leaves it for the next attempt (%s)', async (reason) => {
    const stop = new AbortController();
    const running = run({ signal: stop.signal });
    await added();
    stop.abort(reason);
    expect(await running).toMatchObject({ kind: 'aborted' });
    expect(await queue.getJobCountByTypes('waiting', 'active')).toBe(1);
  });

  it('says so where a worker has it and goes on', async () => {
    const stop = new AbortController();
    let end: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      work(() => {
        resolve();
        return new Promise((done) => {
          end = () => done({ records_processed: 1, records_failed: 0 });
        });
      });
    });
    const lines: string[] = [];
    const running = run({ signal: stop.signal, onLog: ({ message }) => lines.push(message) });
    await started;
    stop.abort('CANCELLED');
    expect(await running).toMatchObject({ kind: 'aborted', termination_method: 'FORCED' });
    expect(lines.join()).toContain('cannot cancel what a worker has begun');
    end();
  });

  it('waits for a worker that is about to end', async () => {
    const stop = new AbortController();
    let end: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      work(() => {
        resolve();
        return new Promise((done) => {
          end = () => done({ records_processed: 1, records_failed: 0 });
        });
      });
    });
    // Where the attempt itself finds out that it has ended, that is how it ended.
    const seen = new Promise<void>((resolve) => {
      modules = open(
        { cancel_timeout_seconds: 3600, poll_interval_seconds: 0.1 },
        {
          ...deaf(),
          look: async (stage) => {
            const state = await queues.look(stage);
            if (state.state === 'ACTIVE') resolve();
            return state;
          },
        },
      );
    });
    const running = run({ signal: stop.signal });
    await Promise.all([started, seen]);
    stop.abort('CANCELLED');
    end();
    expect(await running).toMatchObject({ kind: 'aborted', termination_method: 'GRACEFUL' });
  });
});
