import { deriveId, type ExecutionRecord, type FindingCode } from '@phi/core';
import {
  carryOn,
  fireSchedules,
  flushTriggers,
  fsck,
  mendState,
  promoteRetries,
  readHealth,
  redeliverUnclaimed,
  sweepDeliveries,
  sweepOpenExecutions,
  sweepSlots,
  takeBackLost,
  type Services,
} from '@phi/engine';
import { BullStageQueues, queuePrefix } from '@phi/queues';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Worker } from 'bullmq';

import {
  apply,
  define,
  executionsOf,
  failWith,
  openEngine,
  recordOf,
  run,
  setLimits,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';
import { acceptAll, triggerOf } from './testing/event-fixture.js';
import { runAll } from './testing/pipeline.js';
import { rewriteRecord } from './testing/rewrite-record.js';
import { withMethods } from './testing/with-methods.js';

/** What an outage, a defect or a hand in Redis has left, and what fsck has to say of it. */
interface Plant {
  readonly name: string;
  /** Brings the store into a state and damages it. @returns the execution that has to go on */
  readonly plant: (world: World) => Promise<string>;
  readonly codes: readonly FindingCode[];
  /** What it comes to once it is repaired and work has gone on. Default: COMPLETED */
  readonly end?: ExecutionRecord['status'];
  /** Not repaired: whoever reads the finding has to decide. */
  readonly stays?: true;
}

class World {
  constructor(
    readonly fixture: EngineFixture,
    readonly services: Services,
  ) {}

  get redis() {
    return this.fixture.redis;
  }

  key(suffix: string): string {
    return this.fixture.key(suffix);
  }

  /** Admitted and not claimed. */
  async admitted(job = 'plain'): Promise<string> {
    return trigger(this.services, job);
  }

  async running(job = 'plain'): Promise<string> {
    const id = await this.admitted(job);
    await this.claim(id);
    return id;
  }

  async claim(id: string): Promise<void> {
    const nonce = `nonce-${id}`;
    const command = {
      event: 'CLAIM',
      execution_id: id,
      executor_id: 'executor',
      nonce,
      actor: 'executor',
    } as const;
    const claimed = await this.services.executions.transition(command);
    if (!claimed.ok) throw new Error(`not claimed: ${claimed.refusal}`);
    this.fixture.admitted.splice(this.fixture.admitted.indexOf(id), 1);
  }

  async succeed(id: string, completes = true): Promise<void> {
    const nonce = `nonce-${id}`;
    const command = {
      event: 'SUCCEED',
      execution_id: id,
      nonce,
      result: '{}',
      completes,
      actor: 'executor',
    } as const;
    await this.services.executions.transition(command);
  }

  /** In its lane, behind one that runs. */
  async queued(): Promise<string> {
    await setLimits(this.services, new Map([['job:plain', 1]]));
    await this.running();
    return trigger(this.services, 'plain');
  }

  /** Waits for the second of its upstreams, which runs. */
  async waiting(): Promise<string> {
    const root = await this.running('root');
    await this.succeed(root);
    const [left] = await executionsOf(this.services, 'left');
    const [right] = await executionsOf(this.services, 'right');
    await this.claim(left?.execution_id ?? '');
    await this.claim(right?.execution_id ?? '');
    await this.succeed(left?.execution_id ?? '');
    const [join] = await executionsOf(this.services, 'join');
    return join?.execution_id ?? '';
  }

  /** A retry in its backoff. */
  async delayed(): Promise<string> {
    const first = await this.admitted('retried');
    await run(this.services, first, () => ({
      kind: 'failed',
      error_code: 'EXEC_006_MODULE_FAILED',
      error_message: 'on purpose',
    }));
    this.fixture.admitted.length = 0;
    return (await recordOf(this.services, first)).retried_by ?? '';
  }

  /** A trigger holds two events. @returns the execution that its flush is to start */
  async holding(): Promise<string> {
    await acceptAll(this.services, ['first', 'second']);
    return deriveId('flush', this.fixture.namespace, 'batched', 't', '0');
  }

  /** A dead letter. @returns its id and its fingerprint */
  async deadLetter(): Promise<{ readonly id: string; readonly fingerprint: string }> {
    const id = await this.admitted();
    await run(this.services, id, () => failWith('EXEC_005_INVALID_CONFIG'));
    this.fixture.admitted.length = 0;
    return { id, fingerprint: (await recordOf(this.services, id)).fingerprint ?? '' };
  }

  /** A running execution that has saved a checkpoint. */
  async saved(): Promise<string> {
    const id = await this.running();
    const save = { execution_id: id, nonce: `nonce-${id}`, good: 0, stage: 'ALPHA', state: '{}' };
    await this.services.checkpoints.save(save);
    return id;
  }

  /** Lets everything go on that can, to its end. */
  async goOn(): Promise<void> {
    await this.fixture.setClockOffset(3_600_000);
    // Whoever ran here is gone by now; another is there.
    await takeBackLost(this.services, { evict: true });
    await this.fixture.registerExecutor('executor', 86_400_000);
    for (let round = 0; round < 10; round++) {
      await carryOn(this.services);
      await this.fixture.setClockOffset(3_600_000 * (round + 2));
      await promoteRetries(this.services);
      await flushTriggers(this.services);
      const overdue = await this.services.executions.due('admitted', 100);
      this.fixture.admitted.push(...overdue.filter((id) => !this.fixture.admitted.includes(id)));
      await runAll(this.fixture, {});
    }
  }

  /** The last attempt of a chain. */
  async end(id: string): Promise<string> {
    let record = await recordOf(this.services, id);
    while (record.retried_by !== undefined) record = await recordOf(this.services, record.retried_by);
    return record.status;
  }
}

const plants: Plant[] = [
  {
    name: 'an open execution that is not among the active',
    async plant(world) {
      const id = await world.admitted();
      await world.redis.zrem(world.key('active'), id);
      return id;
    },
    codes: ['INDEX_ENTRY_MISSING'],
  },
  {
    name: 'an ended execution among the active',
    async plant(world) {
      const id = await world.running();
      await world.succeed(id);
      await world.redis.zadd(world.key('active'), 1, id);
      return id;
    },
    codes: ['INDEX_ENTRY_LEFT'],
  },
  {
    name: 'an entry of an execution that has no record',
    async plant(world) {
      await world.redis.zadd(world.key('status:COMPLETED'), 1, 'nobody');
      return world.admitted();
    },
    codes: ['INDEX_ENTRY_LEFT'],
  },
  {
    name: 'a retry that nobody is to queue',
    async plant(world) {
      const id = await world.delayed();
      await world.redis.zrem(world.key('delayed'), id);
      return id;
    },
    codes: ['INDEX_ENTRY_MISSING'],
  },
  {
    name: 'a queued execution that is in no lane',
    async plant(world) {
      const id = await world.queued();
      await world.redis.del(world.key('lane:default|INGESTION|||plain'));
      return id;
    },
    codes: ['QUEUED_NOWHERE', 'LANE_MISPLACED'],
  },
  {
    name: 'a lane that nobody looks at',
    async plant(world) {
      const id = await world.queued();
      const lane = 'default|INGESTION|||plain';
      await world.redis.hdel(world.key('parked_on'), lane);
      return id;
    },
    codes: ['LANE_MISPLACED'],
  },
  {
    name: 'a lane that is parked on a limit with room',
    async plant(world) {
      const id = await world.queued();
      await world.redis.hset(world.key('limits'), 'job:plain', 5);
      return id;
    },
    codes: ['LANE_PARKED_IN_VAIN'],
  },
  {
    name: 'an execution whose executor nobody knows',
    async plant(world) {
      const id = await world.running('retried');
      await world.redis.zrem(world.key('executors'), 'executor');
      return id;
    },
    codes: ['EXECUTOR_UNKNOWN'],
  },
  {
    name: 'a result that nobody completes',
    async plant(world) {
      const id = await world.running();
      await world.succeed(id, false);
      await world.fixture.setClockOffset(90_000);
      return id;
    },
    codes: ['COMPLETING_STUCK'],
  },
  {
    name: 'a dependent whose wait is over and that was not moved',
    async plant(world) {
      const id = await world.waiting();
      await rewrite(world, id, { edges_met: 2 });
      return id;
    },
    codes: ['PENDING_UNMOVED'],
  },
  {
    name: 'an execution whose plan was given up',
    async plant(world) {
      const id = await world.waiting();
      const plan = world.key(`plan:${(await recordOf(world.services, id)).plan_id}`);
      await world.redis.del(plan);
      await world.redis.hset(plan, 'lost', 1);
      return id;
    },
    codes: ['PLAN_MISSING'],
    end: 'CANCELLED',
  },
  {
    name: 'a run that counts one too many',
    async plant(world) {
      const id = await world.waiting();
      await world.redis.hincrby(world.key(`run:${(await recordOf(world.services, id)).run_id}`), 'open', 1);
      return id;
    },
    codes: ['RUN_COUNT_WRONG'],
  },
  {
    name: 'a slot of an execution that has ended',
    async plant(world) {
      const id = await world.running();
      await world.succeed(id);
      await world.redis.sadd(world.key('slots:global'), id);
      return id;
    },
    codes: ['SLOT_LEAKED'],
  },
  {
    name: 'a slot of nobody, and work that waits for it',
    async plant(world) {
      await setLimits(world.services, new Map([['job:plain', 1]]));
      await world.redis.sadd(world.key('slots:job:plain'), 'nobody');
      return world.admitted();
    },
    codes: ['SLOT_LEAKED'],
  },
  {
    name: 'a running execution without its slot',
    async plant(world) {
      const id = await world.running('retried');
      await world.redis.srem(world.key('slots:global'), id);
      return id;
    },
    codes: ['SLOT_MISSING'],
  },
  {
    name: 'an admitted execution without its slot',
    async plant(world) {
      const id = await world.admitted();
      world.fixture.admitted.length = 0;
      await world.redis.srem(world.key('slots:global'), id);
      return id;
    },
    codes: ['SLOT_MISSING'],
  },
  {
    name: 'an execution that is queued, holds a slot and was never admitted',
    async plant(world) {
      const id = await world.admitted();
      world.fixture.admitted.length = 0;
      await world.redis.zrem(world.key('admitted'), id);
      return id;
    },
    codes: ['QUEUED_NOWHERE', 'SLOT_LEAKED'],
  },
  {
    name: 'a placement that was lost',
    async plant(world) {
      const id = await world.running('heavy');
      await world.redis.hdel(world.key('placements'), id);
      return id;
    },
    codes: ['PLACEMENT_MISSING'],
  },
  {
    name: 'a placement that stayed behind',
    async plant(world) {
      const id = await world.running('heavy');
      await world.succeed(id);
      await world.redis.hset(world.key('placements'), id, 'executor');
      return id;
    },
    codes: ['PLACEMENT_LEFT'],
  },
  {
    name: 'amounts that nobody uses',
    async plant(world) {
      await world.redis.hset(world.key('used'), 'executor:executor', '7000,0,0,0');
      return world.running('heavy');
    },
    codes: ['SUM_WRONG'],
  },
  {
    name: 'a dependent that was never created',
    async plant(world) {
      const id = await world.waiting();
      await forget(world, id);
      return id;
    },
    codes: ['DEPENDENT_NOT_RELEASED'],
  },
  {
    name: 'a dependent that was not told',
    async plant(world) {
      const id = await world.waiting();
      await world.redis.hdel(world.key(`edges:${id}`), 'left');
      return id;
    },
    codes: ['DEPENDENT_NOT_RELEASED', 'UNREADABLE'],
  },
  {
    name: 'a release of many dependents that stopped half way',
    async plant(world) {
      const leaves = Array.from({ length: 130 }, (_, at) =>
        define(`leaf-${String(at)}`, { after: ['wide'] }),
      );
      await apply(world.services, [define('wide'), ...leaves]);
      const id = await world.running('wide');
      await world.succeed(id);
      await world.redis.zrem(world.key('releasing'), id);
      return id;
    },
    codes: ['RELEASE_STOPPED', 'RUN_COUNT_WRONG'],
  },
  {
    name: 'a line whose first could go',
    async plant(world) {
      await apply(world.services, [define('lined', { concurrency: { queue_if_running: true } })]);
      const first = await world.running('lined');
      const second = await trigger(world.services, 'lined');
      const line = world.key('line:job:lined');
      await world.redis.rename(line, world.key('elsewhere'));
      await world.succeed(first);
      await world.redis.rename(world.key('elsewhere'), line);
      return second;
    },
    codes: ['LINE_STOPPED'],
  },
  {
    name: 'a delivery of nothing',
    async plant(world) {
      await world.services.delivery.deliver([{ execution_id: 'nobody', delivery: 0 }]);
      return world.admitted();
    },
    codes: ['DELIVERY_UNKNOWN'],
  },
  {
    name: 'an admitted execution that BullMQ has lost',
    async plant(world) {
      const id = await world.admitted();
      world.fixture.admitted.length = 0;
      await world.fixture.setClockOffset(70_000);
      return id;
    },
    codes: ['DELIVERY_MISSING'],
  },
  {
    name: 'a claim that left no trace',
    async plant(world) {
      const id = await world.running();
      await rewrite(world, id, { fence: false });
      return id;
    },
    codes: ['FENCE_MISSING'],
    stays: true,
  },
  {
    name: 'a fence that goes back along a chain',
    async plant(world) {
      const id = await world.delayed();
      await world.fixture.setClockOffset(3_600_000);
      await promoteRetries(world.services);
      await world.fixture.registerExecutor('executor', 86_400_000);
      await world.claim(id);
      await rewrite(world, id, { fence: 5 });
      return id;
    },
    codes: ['FENCE_NOT_GROWN'],
    stays: true,
  },
  {
    name: 'a chain that is linked one way only',
    async plant(world) {
      const id = await world.delayed();
      await rewrite(world, (await recordOf(world.services, id)).parent_execution_id ?? '', {
        retried_by: 'nobody',
      });
      return id;
    },
    codes: ['CHAIN_BROKEN', 'CHAIN_BROKEN'],
    stays: true,
  },
  {
    name: 'one attempt too many',
    async plant(world) {
      const id = await world.delayed();
      await rewrite(world, id, { attempt_number: 9 });
      return id;
    },
    codes: ['ATTEMPTS_EXCEEDED', 'CHAIN_BROKEN'],
    stays: true,
  },
  {
    name: 'one attempt too many after one that was handed over',
    async plant(world) {
      const id = await world.delayed();
      await rewrite(world, id, { attempt_number: 5, lost_attempts: 1, handed_over: 1 });
      return id;
    },
    codes: ['ATTEMPTS_EXCEEDED', 'CHAIN_BROKEN'],
    stays: true,
  },
  {
    name: 'a checkpoint in a slot that the record does not know of',
    async plant(world) {
      const id = await world.saved();
      await world.redis.hset(world.key(`checkpoints:${id}`), '0.sequence', 7);
      return id;
    },
    codes: ['CHECKPOINT_ORDER'],
    stays: true,
  },
  {
    name: 'a checkpoint that is not as it was saved',
    async plant(world) {
      const id = await world.saved();
      await world.redis.hset(world.key(`checkpoints:${id}`), '0.state', '[]');
      return id;
    },
    codes: ['CHECKPOINT_DAMAGED'],
    stays: true,
  },
  {
    name: 'a checkpoint of which nobody knows who saved it',
    async plant(world) {
      const id = await world.saved();
      await world.redis.hdel(world.key(`checkpoints:${id}`), '0.fence');
      return id;
    },
    codes: ['CHECKPOINT_DAMAGED'],
    stays: true,
  },
  {
    name: 'a batch that no flush will take',
    async plant(world) {
      const id = await world.holding();
      await world.redis.zrem(world.key('triggers_due'), 'batched|t');
      return id;
    },
    codes: ['BATCH_UNFLUSHED'],
  },
  {
    name: 'a batch that a registration would leave behind',
    async plant(world) {
      const id = await world.holding();
      await world.redis.del(world.key('holding:batched'));
      return id;
    },
    codes: ['BATCH_UNFLUSHED'],
  },
  {
    name: 'an entry of a batch that says another size than its event has',
    async plant(world) {
      const id = await world.holding();
      await world.redis.lset(world.key('batch:batched|t'), 0, '1|7|2');
      return id;
    },
    codes: ['BATCH_ENTRY_WRONG'],
  },
  {
    name: 'entries of a batch that no flush can read',
    async plant(world) {
      const id = await world.holding();
      await world.redis.lpush(world.key('batch:batched|t'), 'nothing', '');
      await world.redis.lset(world.key('batch:batched|t'), 3, '2|');
      return id;
    },
    codes: ['BATCH_ENTRY_WRONG', 'BATCH_ENTRY_WRONG', 'BATCH_ENTRY_WRONG'],
  },
  {
    name: 'events that a trigger holds and that are gone',
    async plant(world) {
      const id = await world.holding();
      await world.redis.del(world.key('event:1'));
      return id;
    },
    codes: ['EVENT_LOST'],
    stays: true,
  },
  {
    name: 'a batch of a job that nothing tells of any more',
    async plant(world) {
      const id = await world.holding();
      await world.redis.hdel(world.key('jobs'), 'batched');
      await world.redis.hdel(world.key('trigger:batched|t'), 'plan_id');
      return id;
    },
    codes: ['BATCH_STRANDED'],
    stays: true,
  },
  ...['triggers_due', 'holding', 'busy_triggers'].map((mark): Plant => ({
    name: `a flush in ${mark} that has nothing to start`,
    async plant(world) {
      if (mark === 'triggers_due') await world.redis.zadd(world.key(mark), 1, 'plain|t');
      else if (mark === 'holding') await world.redis.hset(world.key('holding:plain'), 't', 'digest');
      else await world.redis.sadd(world.key('busy_triggers:plain'), 'plain|t');
      return world.admitted();
    },
    codes: ['FLUSH_LEFT'],
  })),
  {
    name: 'a kind of failure that counts a dead letter too many',
    async plant(world) {
      const { id, fingerprint } = await world.deadLetter();
      await world.redis.hincrby(world.key('dead_letter_groups'), fingerprint, 1);
      return id;
    },
    codes: ['DEAD_LETTER_COUNT_WRONG'],
    end: 'FAILED',
  },
  {
    name: 'a kind of failure that nobody counts',
    async plant(world) {
      const { id } = await world.deadLetter();
      await world.redis.del(world.key('dead_letter_groups'));
      return id;
    },
    codes: ['DEAD_LETTER_COUNT_WRONG'],
    end: 'FAILED',
  },
  {
    name: 'a kind of failure that has no dead letters',
    async plant(world) {
      await world.redis.hset(world.key('dead_letter_groups'), 'nothing', 2);
      return world.admitted();
    },
    codes: ['DEAD_LETTER_COUNT_WRONG'],
  },
  {
    name: 'a dead letter that is not among those of its kind, and another that is none',
    async plant(world) {
      const { id, fingerprint } = await world.deadLetter();
      const another = await world.admitted();
      await world.redis.zrem(world.key(`dead_letters_of:${fingerprint}`), id);
      await world.redis.zadd(world.key('dead_letters_of:other'), 1, another);
      return id;
    },
    codes: ['INDEX_ENTRY_MISSING', 'INDEX_ENTRY_LEFT', 'DEAD_LETTER_COUNT_WRONG', 'DEAD_LETTER_COUNT_WRONG'],
    end: 'FAILED',
  },
  {
    name: 'a status that its history does not lead to',
    async plant(world) {
      const id = await world.running();
      await world.succeed(id);
      await rewrite(world, id, { revision: 9 });
      return id;
    },
    codes: ['HISTORY_WRONG'],
    stays: true,
  },
  {
    name: 'a record that cannot be read',
    async plant(world) {
      const id = await world.running();
      await world.succeed(id);
      await world.redis.set(world.key(`x:${id}`), 'damaged');
      return id;
    },
    codes: ['UNREADABLE'],
    stays: true,
  },
  {
    name: 'an execution whose plan cannot be read',
    async plant(world) {
      const id = await world.waiting();
      const plan = world.key(`plan:${(await recordOf(world.services, id)).plan_id}`);
      for (const field of await world.redis.hkeys(plan)) await world.redis.hset(plan, field, 'damaged');
      return id;
    },
    codes: ['UNREADABLE'],
    stays: true,
  },
];

describe('fsck', () => {
  let fixture: EngineFixture;
  let services: Services;
  let world: World;

  beforeEach(async () => {
    fixture = openEngine('fsck');
    services = fixture.services;
    world = new World(fixture, services);
    await fixture.registerExecutor('executor');
    await apply(services, [
      define('plain'),
      define('heavy', { resources: { cpu_cores: 2 } }),
      define('batched', { triggers: [triggerOf({ batch_window_seconds: 60 })] }),
      define('retried', { retry_policy: { retryable_errors: ['EXEC_006_MODULE_FAILED'], max_attempts: 3 } }),
      define('root'),
      define('left', { after: [{ upstream_job_id: 'root', dependency_id: 'root' }] }),
      define('right', { after: ['root'] }),
      define('join', { after: [{ upstream_job_id: 'left', dependency_id: 'left' }, 'right'] }),
    ]);
  });
  afterEach(() => fixture.close());

  const codes = async (repair = false): Promise<string[]> =>
    (await fsck(services, { repair })).findings.map(({ code }) => code).sort();

  it.each(plants)(
    'finds $name, and mends it',
    async ({ plant, codes: expected, end = 'COMPLETED', stays }) => {
      const id = await plant(world);
      expect(await codes()).toEqual([...expected].sort());
      const { findings } = await fsck(services, { repair: true });
      if (stays) {
        expect(findings.map(({ repaired }) => repaired)).not.toContain(true);
        expect(await codes()).toEqual([...expected].sort());
        return;
      }
      expect(findings.filter(({ repaired }) => !repaired)).toEqual([]);
      expect(await codes()).toEqual([]);
      await world.goOn();
      expect(await world.end(id)).toBe(end);
      expect(await codes()).toEqual([]);
    },
  );

  it('leaves what speaks of an execution whose record is gone as it is, until that is rebuilt', async () => {
    const id = await world.running();
    await services.executions.waitRemotely(id, `nonce-${id}`, true);
    const remote = await world.redis.hget(world.key('limits'), 'remote');
    await world.redis.hset(world.key('gathering'), 'plain', id);
    await world.redis.zadd(world.key('conditions'), 1, `${id}|edge`);
    await world.redis.del(world.key(`x:${id}`));
    expect(remote).toBe('1');
    expect(await codes(true)).toEqual(['UNREADABLE']);
    expect(await world.redis.hget(world.key('limits'), 'remote')).toBe('1');
    expect(await world.redis.hget(world.key('limits'), 'remote:default')).toBe('1');
    expect(await world.redis.sismember(world.key('remote_waits'), id)).toBe(1);
    expect(await world.redis.hget(world.key('gathering'), 'plain')).toBe(id);
    expect(await world.redis.zscore(world.key('conditions'), `${id}|edge`)).toBe('1');
  });

  it('takes nothing away by a plan that is to be made again', async () => {
    const first = { upstream_job_id: 'first', dependency_id: 'first' };
    await apply(services, [
      define('first'),
      define('other'),
      define('patient', {
        after: [
          { ...first, condition: 'upstream.status == "COMPLETED"' },
          { upstream_job_id: 'other', timeout_seconds: 3600 },
        ],
      }),
    ]);
    await world.succeed(await world.running('first'));
    const [patient] = await executionsOf(services, 'patient');
    const { execution_id: id, plan_id } = await recordOf(services, patient?.execution_id ?? '');
    const waits = [
      ['waiters:other', id],
      ['conditions', `${id}|first`],
      ['dependency_deadlines', id],
    ] as const;
    const scores = (): Promise<(string | null)[]> =>
      Promise.all(waits.map(([index, member]) => world.redis.zscore(world.key(index), member)));
    const before = await scores();
    expect(before).not.toContain(null);
    await world.redis.hset(world.key(`plan:${plan_id}`), 'job:patient', 'damaged');
    expect(await codes(true)).toEqual(['UNREADABLE']);
    expect(await scores()).toEqual(before);
    await mendState(services);
    expect(await codes()).toEqual([]);
    expect(await scores()).toEqual(before);
  });

  it('does not take the size in an entry of a batch that was cut off for its depth', async () => {
    await world.holding();
    const batch = world.key('batch:batched|t');
    const whole = (await world.redis.lindex(batch, 0)) ?? '';
    expect(whole).toMatch(/^1\|[1-9]\d*\|0$/);
    await world.redis.lset(batch, 0, whole.slice(0, whole.lastIndexOf('|')));
    expect(await codes(true)).toEqual(['BATCH_ENTRY_WRONG']);
    expect(await world.redis.lindex(batch, 0)).toBe(whole);
  });

  describe('of the checkpoints of many chains', () => {
    const CHAINS = 12;
    let ids: readonly string[];
    let read: string[];
    let watched: Services;

    beforeEach(async () => {
      const saved: string[] = [];
      for (let chain = 0; chain < CHAINS; chain++) saved.push(await world.saved());
      ids = saved.toSorted();
      read = [];
      const { checkpoints } = services;
      watched = {
        ...services,
        checkpoints: withMethods(checkpoints, {
          read(id) {
            read.push(id);
            return checkpoints.read(id);
          },
        }),
      };
    });

    it('looks at a few at once, at each of them once, and finds every damaged one', async () => {
      for (const id of ids) await world.redis.hset(world.key(`checkpoints:${id}`), '0.state', '[]');
      const found: string[] = [];
      const readAtOnce: number[] = [];
      let cursor: string | undefined;
      do {
        const before = read.length;
        const part = await fsck(watched, {
          invariants: [8],
          pages: 1,
          ...(cursor === undefined ? {} : { cursor }),
        });
        found.push(...part.findings.map(({ subject }) => subject.id));
        readAtOnce.push(read.length - before);
        cursor = part.next_cursor;
      } while (cursor !== undefined);
      expect(found.toSorted()).toEqual(ids);
      expect(read.toSorted()).toEqual(ids);
      expect(Math.max(...readAtOnce)).toBe(5);
    });

    it('reads none where it is not asked about them', async () => {
      await fsck(watched, { invariants: [1, 3] });
      expect(read).toEqual([]);
      await fsck(watched, { invariants: [8] });
      expect(read.toSorted()).toEqual(ids);
    });
  });

  it('finds a fire time without an outcome', async () => {
    const schedule = { schedule_type: 'INTERVAL', interval_seconds: 60, tolerance_seconds: 90 } as const;
    await apply(services, [define('timed', { schedule })]);
    for (let hour = 1; hour <= 3; hour++) {
      await fixture.setClockOffset(hour * 3_600_000 + 1500);
      await fireSchedules(services);
    }
    expect((await fsck(services, { invariants: [6] })).findings).toEqual([]);
    const ledger = fixture.key('ticks:timed.schedule');
    await fixture.redis.lset(ledger, 1, 'dropped');
    await fixture.redis.lrem(ledger, 1, 'dropped');
    await fixture.redis.hdel(fixture.key('schedule:timed.schedule'), 'swept');
    const { findings } = await fsck(services, { invariants: [6], repair: true });
    expect(findings).toMatchObject([
      { code: 'LEDGER_HOLE', subject: { kind: 'schedule', id: 'timed.schedule' }, repaired: false },
    ]);
  });

  it('is taken part by part, and comes to the same', async () => {
    await world.waiting();
    await world.redis.sadd(world.key('slots:global'), 'nobody');
    const whole = await fsck(services);
    const told: string[] = [];
    let checked = 0;
    let cursor: string | undefined;
    do {
      const part = await fsck(services, { pages: 1, ...(cursor === undefined ? {} : { cursor }) });
      told.push(...part.findings.map(({ code }) => code));
      checked += part.invariants[1].checked;
      cursor = part.next_cursor;
    } while (cursor !== undefined);
    expect(told).toEqual(whole.findings.map(({ code }) => code));
    expect(checked).toBe(whole.invariants[1].checked);
    await expect(fsck(services, { cursor: 'other' })).rejects.toThrow(RangeError);
  });

  it('tells only what was asked about', async () => {
    const id = await world.admitted();
    await world.redis.zrem(world.key('active'), id);
    expect((await fsck(services, { invariants: [3] })).findings).toEqual([]);
    expect((await fsck(services, { invariants: [1] })).findings).toHaveLength(1);
  });

  it('counts what it repaired, alerts, notes it in the history, and is DEGRADED for an hour', async () => {
    const id = await world.running();
    await world.redis.srem(world.key('slots:global'), id);
    await fsck(services, { repair: true });
    expect([...(await services.integrity.repairs())]).toEqual([
      ['SLOT_MISSING', { count: 1, last: expect.any(Number) }],
    ]);
    expect(fixture.alerts).toMatchObject([{ kind: 'INCONSISTENCY', severity: 'warning', subject: id }]);
    const { history } = await recordOf(services, id);
    expect(history.at(-1)).toMatchObject({ event: 'REPAIR', actor: 'fsck' });
    expect((await readHealth(services)).integrity_status).toMatch(/^DEGRADED: .*SLOT_MISSING \(1 in all\)/);
    await fixture.setClockOffset(3_700_000);
    expect((await readHealth(services)).integrity_status).toBe('HEALTHY');
  });

  it('two repairs at once repair once', async () => {
    const id = await world.running('heavy');
    await world.succeed(id);
    await world.redis.sadd(world.key('slots:global'), id);
    await Promise.all([1, 2, 3, 4].map(() => fsck(services, { repair: true })));
    expect((await services.integrity.repairs()).get('SLOT_LEAKED')?.count).toBe(1);
    expect(await codes()).toEqual([]);
  });

  it('the sweeps of recovery repair the same, and take away what nobody can use', async () => {
    const stuck = await world.running();
    await world.succeed(stuck, false);
    await world.redis.sadd(world.key('slots:global'), 'nobody');
    const ended = await world.running();
    await world.succeed(ended);
    await services.delivery.deliver([
      { execution_id: ended, delivery: 0 },
      { execution_id: 'nobody', delivery: 0 },
    ]);
    await fixture.setClockOffset(90_000);
    await fixture.registerExecutor('executor', 86_400_000);
    const found = await Promise.all(
      [sweepOpenExecutions, sweepSlots, sweepDeliveries].map(
        async (sweep) => (await sweep(services, undefined)).findings,
      ),
    );
    expect(found.flat().map(({ code, repaired }) => [code, repaired])).toEqual([
      ['COMPLETING_STUCK', true],
      ['SLOT_LEAKED', true],
      ['DELIVERY_UNKNOWN', true],
    ]);
    expect((await services.delivery.list([])).deliveries).toEqual([]);
    expect(await codes()).toEqual([]);
  });

  it('takes away every delivery of nothing, page after page', async () => {
    const many = Array.from({ length: 450 }, (_, index) => ({
      execution_id: `nobody-${String(index)}`,
      delivery: 0,
    }));
    await services.delivery.deliver(many);
    const { findings } = await fsck(services, { repair: true });
    expect(findings.filter(({ repaired }) => repaired)).toHaveLength(many.length);
    expect((await services.delivery.list([])).deliveries).toEqual([]);
  });

  it('finds what waits in the queue of a module for a chain that has ended, and takes away nothing else', async () => {
    const { redisUrl } = fixture;
    const { namespace } = services;
    const queues = new BullStageQueues({ redisUrl, namespace, onError: () => undefined });
    const add = async (id: string, stage: string, data: object = {}): Promise<string> => {
      const key = `${id}-${stage}-1`;
      await queues.add({ queue: 'score', prefix: undefined, job_id: key }, 'job', {
        key,
        chain_id: id,
        ...data,
      });
      return key;
    };
    const lookAt = async (key: string): Promise<string> =>
      (await queues.look({ queue: 'score', prefix: undefined, job_id: key })).state;
    const [ended, open] = [await world.running(), await world.running()];
    await world.succeed(ended);
    // Whoever takes from a queue takes the oldest: a worker has this one.
    const begun = await add(ended, 'BEGUN');
    const connection = fixture.redis.duplicate({ maxRetriesPerRequest: null });
    const worker = new Worker('score', undefined, { prefix: queuePrefix(namespace), connection });
    await worker.getNextJob('token');
    const kept = [await add(open, 'OPEN'), await add(ended, 'OTHERS', { chain_id: 'other' })];
    const first = await add(ended, 'FIRST');
    const second = await add(ended, 'SECOND');

    const left = (await fsck(services)).findings;
    expect(left.map(({ code, subject }) => `${code} ${subject.id}`).sort()).toEqual([
      `STAGE_JOB_LEFT ${first}`,
      `STAGE_JOB_LEFT ${second}`,
    ]);
    expect(await codes(true)).toEqual(['STAGE_JOB_LEFT', 'STAGE_JOB_LEFT']);
    expect(await codes()).toEqual([]);
    expect(await Promise.all([first, second].map(lookAt))).toEqual(['ABSENT', 'ABSENT']);
    expect(await Promise.all(kept.map(lookAt))).toEqual(['WAITING', 'WAITING']);
    expect(await lookAt(begun)).toBe('ACTIVE');
    expect((await services.integrity.repairs()).get('STAGE_JOB_LEFT')?.count).toBe(2);
    await Promise.all([worker.close(true), queues.close()]);
    connection.disconnect();
  });

  it('leaves a delivery alone whose execution cannot be read, of whatever type it is', async () => {
    const [bytes, type] = [await world.admitted(), await world.admitted()];
    await world.redis.set(world.key(`x:${bytes}`), 'damaged');
    await world.redis.del(world.key(`x:${type}`));
    await world.redis.rpush(world.key(`x:${type}`), 'a list');
    await services.delivery.deliver([
      { execution_id: bytes, delivery: 0 },
      { execution_id: type, delivery: 0 },
    ]);
    expect((await sweepDeliveries(services, undefined)).findings).toEqual([]);
    expect((await services.delivery.list([])).deliveries).toHaveLength(2);
  });

  it('does not take a record for unreadable where Redis does not answer', async () => {
    await services.delivery.deliver([{ execution_id: 'nobody', delivery: 0 }]);
    const away = new Error('Connection is closed.');
    const executions = Object.assign(Object.create(services.executions) as Services['executions'], {
      get: () => Promise.reject(away),
    });
    await expect(sweepDeliveries({ ...services, executions }, undefined)).rejects.toBe(away);
  });

  it('says nothing of a store that nothing happened to', async () => {
    for (const job of ['plain', 'heavy', 'retried', 'root']) await trigger(services, job);
    await runAll(fixture, { heavy: () => succeedWith({ rows: '1' }) });
    await redeliverUnclaimed(services);
    const report = await fsck(services, { repair: true });
    expect(report.findings).toEqual([]);
    expect(report.invariants[1].checked).toBeGreaterThan(20);
    expect(await services.integrity.repairs()).toEqual(new Map());
  });
});

/** Changes fields of a record, as no build of Phi does. */
async function rewrite(world: World, id: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
  await rewriteRecord(world.redis, world.key(`x:${id}`), fields);
}

/** An execution as if it had never been. */
async function forget(world: World, id: string): Promise<void> {
  const record = await recordOf(world.services, id);
  const { redis } = world;
  await redis.del(world.key(`x:${id}`), world.key(`edges:${id}`));
  for (const index of [
    'active',
    'status:PENDING',
    `job_executions:${record.job_id}`,
    `run_executions:${record.run_id}`,
    `open:${record.job_id}`,
  ])
    await redis.zrem(world.key(index), id);
  await redis.hincrby(world.key(`run:${record.run_id}`), 'open', -1);
}
