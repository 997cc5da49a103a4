import { REPAIR_LISTS, type ExecutionRecord } from '@phi/core';
import {
  sweepOpenExecutions,
  sweepSlots,
  promoteRetries,
  rebuildDamaged,
  rebuildExecution,
  REPAIR_START,
  type RepairCursor,
  type Services,
} from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

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
import { rewriteRecord } from './testing/rewrite-record.js';
import { withMethods } from './testing/with-methods.js';

const RETRIED = {
  retry_policy: {
    max_attempts: 3,
    initial_delay_seconds: 0,
    jitter_factor: 0,
    retryable_errors: ['EXEC_006_MODULE_FAILED'],
  },
};
/** Every so manyth byte of a record, in tests that touch each. */
const STRIDE = 7;

describe('a record that cannot be read', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('damaged');
    services = fixture.services;
    await fixture.registerExecutor('executor');
    await apply(services, [define('a', RETRIED), define('b', { after: ['a'] })]);
  });
  afterEach(() => fixture.close());

  const key = (id: string): string => fixture.key(`x:${id}`);
  const damage = (id: string): Promise<unknown> => fixture.redis.setrange(key(id), 40, 'XXXX');

  async function sweep(): Promise<number> {
    let rebuilt = 0;
    let cursor: RepairCursor = REPAIR_START;
    const hopeless = new Set<string>();
    for (let list = 0; list < REPAIR_LISTS.length; list++) {
      const found = await rebuildDamaged(services, cursor, hopeless);
      rebuilt += found.rebuilt;
      cursor = found.next;
    }
    return rebuilt;
  }

  async function claim(execution_id: string): Promise<void> {
    const answer = await services.executions.transition({
      event: 'CLAIM',
      execution_id,
      executor_id: 'executor',
      nonce: execution_id,
      op: execution_id,
      actor: 'executor',
    });
    expect(answer).toMatchObject({ ok: true });
  }

  const end = (execution_id: string, event: 'SUCCEED' | 'FAIL') =>
    services.executions.transition({
      event,
      execution_id,
      nonce: execution_id,
      op: `${execution_id} end`,
      actor: 'executor',
    });

  /** A second attempt, and the first. */
  async function retried(): Promise<readonly [first: string, second: string]> {
    const first = await trigger(services, 'a', { parameters: { p: 1 } });
    await run(services, first, () => failWith('EXEC_006_MODULE_FAILED'));
    return [first, (await recordOf(services, first)).retried_by ?? ''];
  }

  async function expectNothingHeld(): Promise<void> {
    const held = await services.limits.held(['global', 'pool:default']);
    expect([...held.values()]).toEqual([0, 0]);
    for (const list of ['active', 'status:PENDING', 'admitted', 'delayed', 'lanes', 'held:executor'])
      expect([list, await fixture.redis.exists(fixture.key(list))]).toEqual([list, 0]);
  }

  const dependents = async (): Promise<string[]> =>
    (await executionsOf(services, 'b')).map(({ status }) => status);

  const damagedNow = async (): Promise<[string, string][]> => [
    ...(await services.repairs.scan('active', 0)).damaged,
  ];

  it('is found wherever a byte is changed, cut off, gone, or of another type', async () => {
    const id = await trigger(services, 'a', { parameters: { text: 'some text' } });
    const whole = (await fixture.redis.getBuffer(key(id))) ?? Buffer.alloc(0);
    const fates: Buffer[] = [];
    for (let at = 0; at < whole.length; at += STRIDE) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      fates.push(flipped, whole.subarray(0, at));
    }
    for (const bytes of fates) {
      await fixture.redis.set(key(id), bytes);
      expect(await damagedNow()).toEqual([[id, expect.any(String)]]);
      const command = { event: 'CANCEL', execution_id: id, actor: 'test' } as const;
      expect(await services.executions.transition(command)).toMatchObject({
        ok: false,
        refusal: 'CORRUPT_RECORD',
      });
    }
    await fixture.redis.del(key(id));
    await fixture.redis.rpush(key(id), 'a list');
    expect(await damagedNow()).toEqual([[id, 'PARTIAL_WRITE']]);
    expect(await sweep()).toBe(1);
  });

  it('is none where a newer Phi wrote it', async () => {
    const id = await trigger(services, 'a');
    await rewriteRecord(fixture.redis, key(id), { schema_version: 99 });
    expect(await damagedNow()).toEqual([]);
  });

  it('is told of as what it is: broken off, no record at all, or not what was written', async () => {
    const damages: [type: string, change: (whole: Buffer) => Buffer][] = [
      ['PARTIAL_WRITE', (whole) => whole.subarray(0, 30)],
      ['DESERIALIZE_FAIL', () => Buffer.from('nothing of ours')],
      [
        'CHECKSUM_MISMATCH',
        (whole) => Buffer.from(whole.toString('latin1').replace('some', 'same'), 'latin1'),
      ],
    ];
    for (const [type, change] of damages) {
      const id = await trigger(services, 'a', { parameters: { text: 'some text' } });
      const whole = (await fixture.redis.getBuffer(key(id))) ?? Buffer.alloc(0);
      await fixture.redis.set(key(id), change(whole));
      expect(await sweep()).toBe(1);
      expect(fixture.reported.at(-1)?.error).toMatchObject({
        execution_id: id,
        state_type: 'QUEUE_STATE',
        corruption_type: type,
        recovery_successful: true,
      });
    }
  });

  it('is read where it is of the version before checksums', async () => {
    const id = await trigger(services, 'a');
    const sealed = (await fixture.redis.getBuffer(key(id))) ?? Buffer.alloc(0);
    const older = Buffer.from(sealed.subarray(0, -9));
    older[3] = 1;
    await fixture.redis.set(key(id), older);
    expect(await recordOf(services, id)).toMatchObject({ status: 'QUEUED', job_id: 'a' });
    await run(services, id, () => succeedWith());
    expect(await recordOf(services, id)).toMatchObject({ status: 'COMPLETED' });
  });

  it.each(['waits in its lane', 'is admitted', 'runs'])(
    'of a first attempt that %s is written off: nobody knows its parameters any more',
    async (state) => {
      if (state === 'waits in its lane') await setLimits(services, new Map([['global', 0]]));
      const id = await trigger(services, 'a', { parameters: { p: 1 } });
      if (state === 'runs') await claim(id);
      await damage(id);
      expect(await sweep()).toBe(1);
      const record = await recordOf(services, id);
      expect(record).toMatchObject({ status: 'FAILED', reason: 'STATE_008_RECORD_LOST', run_id: id });
      expect(record.history.map(({ event }) => event)).toEqual(
        state === 'runs'
          ? ['CREATE', 'ENQUEUE', 'CLAIM', 'REBUILT', 'LOSE']
          : ['CREATE', 'ENQUEUE', 'REBUILT', 'WRITE_OFF'],
      );
      expect(record.retried_by).toBeUndefined();
      expect(await services.deadLetters.has(id)).toBe(true);
      expect(await dependents()).toEqual(['CANCELLED']);
      expect(await services.runs.get(id)).toMatchObject({ status: 'failed', open: 0 });
      expect(await end(id, 'SUCCEED')).toMatchObject({ ok: false });
      await expectNothingHeld();
      expect(fixture.alerts).toMatchObject([{ kind: 'STATE_CORRUPTION', subject: id }]);
      expect(fixture.reported).toMatchObject([
        { queue: 'phi_execution_errors', error: { state_type: 'QUEUE_STATE', recovery_successful: true } },
      ]);
      expect(await services.repairs.quarantined()).toMatchObject([{ id }]);
    },
  );

  it.each(['waits for its backoff', 'is admitted'])(
    'of a later attempt that %s is made anew from the one before, and runs with its parameters',
    async (state) => {
      const [first, second] = await retried();
      if (state === 'is admitted') await promoteRetries(services);
      await damage(second);
      expect(await sweep()).toBe(1);
      expect(await recordOf(services, second)).toMatchObject({
        status: 'PENDING',
        attempt_number: 2,
        parent_execution_id: first,
        parameters: '{"p":1}',
      });
      await promoteRetries(services);
      await run(services, second, () => succeedWith());
      expect(await services.runs.get(first)).toMatchObject({ open: 1 });
      expect(await dependents()).toEqual(['QUEUED']);
    },
  );

  it('of a later attempt that runs is failed as lost, and its chain goes on', async () => {
    const [, second] = await retried();
    await promoteRetries(services);
    await claim(second);
    await damage(second);
    expect(await sweep()).toBe(1);
    expect(await end(second, 'SUCCEED')).toMatchObject({ ok: false });
    const lost = await recordOf(services, second);
    expect(lost).toMatchObject({ status: 'FAILED', reason: 'STATE_008_RECORD_LOST' });
    const next: ExecutionRecord = await recordOf(services, lost.retried_by ?? '');
    expect(next).toMatchObject({ attempt_number: 3, lost_attempts: 1, parameters: '{"p":1}' });
    await promoteRetries(services);
    await run(services, next.execution_id, () => succeedWith());
    expect(await dependents()).toEqual(['QUEUED']);
  });

  it('that is gone altogether keeps its slots until it is rebuilt: nobody takes it for a leak', async () => {
    const [, second] = await retried();
    await promoteRetries(services);
    await claim(second);
    await fixture.redis.del(key(second));
    const slots = await sweepSlots(services, undefined);
    const open = await sweepOpenExecutions(services, undefined);
    expect([...slots.findings, ...open.findings].filter(({ repaired }) => repaired)).toEqual([]);
    expect((await services.limits.held(['global'])).get('global')).toBe(1);
    expect(await sweep()).toBe(1);
    expect(await recordOf(services, second)).toMatchObject({
      status: 'FAILED',
      reason: 'STATE_008_RECORD_LOST',
    });
    expect((await services.limits.held(['global'])).get('global')).toBe(0);
  });

  it('of one that may wait only so long is no longer waited for', async () => {
    await setLimits(services, new Map([['global', 0]]));
    await apply(services, [define('short', { queue_timeout_seconds: 60 })]);
    const id = await trigger(services, 'short');
    await damage(id);
    expect(await sweep()).toBe(1);
    await fixture.setClockOffset(3_600_000);
    expect(await services.executions.due('queue_deadlines', 10)).toEqual([]);
  });

  it('of a dependent that waits for another upstream is written off, and is not released again', async () => {
    await apply(services, [
      define('root'),
      define('left', { after: ['root'] }),
      define('join', { after: ['root', 'left'] }),
    ]);
    const root = await trigger(services, 'root');
    await run(services, root, () => succeedWith());
    const [join, left] = [await executionsOf(services, 'join'), await executionsOf(services, 'left')].map(
      ([only]) => only?.execution_id ?? '',
    );
    expect(await recordOf(services, join ?? '')).toMatchObject({ status: 'PENDING' });
    await damage(join ?? '');
    expect(await sweep()).toBe(1);
    await run(services, left ?? '', () => succeedWith());
    expect(await executionsOf(services, 'join')).toMatchObject([
      { execution_id: join, status: 'FAILED', reason: 'STATE_008_RECORD_LOST', run_id: root },
    ]);
    expect(await services.runs.get(root)).toMatchObject({ status: 'failed', open: 0 });
    await expectNothingHeld();
  });

  it('of one that is completing is completed, and its dependents are released once', async () => {
    const id = await trigger(services, 'a');
    await claim(id);
    expect(await end(id, 'SUCCEED')).toMatchObject({ status: 'COMPLETING' });
    await damage(id);
    expect(await sweep()).toBe(1);
    expect(await recordOf(services, id)).toMatchObject({ status: 'COMPLETED' });
    expect(await dependents()).toEqual(['QUEUED']);
    expect((await services.limits.held(['global'])).get('global')).toBe(1);
  });

  it('of one that has ended is listed as it ended, and nothing follows again', async () => {
    const id = await trigger(services, 'a');
    await run(services, id, () => succeedWith());
    await damage(id);
    expect(await sweep()).toBe(1);
    expect(await recordOf(services, id)).toMatchObject({ status: 'COMPLETED', job_id: 'a', run_id: id });
    expect((await services.executions.list({ status: 'COMPLETED', limit: 10 })).items).toHaveLength(1);
    expect(await dependents()).toEqual(['QUEUED']);
  });

  it('is rebuilt once, however many recoveries find it', async () => {
    const id = await trigger(services, 'a');
    await damage(id);
    const others = [services, fixture.anotherProcess(), fixture.anotherProcess()];
    const rebuilt = await Promise.all(
      others.map((process) => rebuildExecution(process, id, 'CHECKSUM_MISMATCH')),
    );
    expect(rebuilt.toSorted()).toEqual(['READABLE', 'READABLE', 'REBUILT']);
    expect(fixture.alerts).toHaveLength(1);
    expect(await services.repairs.quarantined()).toHaveLength(1);
  });

  it('is rebuilt where somebody else was faster before, and it is damaged again', async () => {
    const id = await trigger(services, 'a');
    const hopeless = new Set<string>();
    const whole = (await fixture.redis.getBuffer(key(id))) ?? Buffer.alloc(0);
    const { repairs } = services;
    // Mended by another between the scan and the rebuild.
    const late: Services = {
      ...services,
      repairs: withMethods(repairs, {
        async rebuild(command) {
          await fixture.redis.set(key(id), whole);
          return repairs.rebuild(command);
        },
      }),
    };
    await damage(id);
    expect(await rebuildDamaged(late, REPAIR_START, hopeless)).toMatchObject({ rebuilt: 0 });
    await damage(id);
    expect(await rebuildDamaged(services, REPAIR_START, hopeless)).toMatchObject({ rebuilt: 1 });
  });

  it('of a first attempt whose job is not registered any more is a dead letter as well', async () => {
    const id = await trigger(services, 'b');
    await apply(services, [define('a', RETRIED)], { removed: ['b'] });
    await damage(id);
    expect(await sweep()).toBe(1);
    const record = await recordOf(services, id);
    expect(record).toMatchObject({ status: 'FAILED', reason: 'STATE_008_RECORD_LOST' });
    expect(JSON.parse(record.result ?? '')).toMatchObject({ error_code: 'STATE_008_RECORD_LOST' });
    expect(await services.deadLetters.has(id)).toBe(true);
    await expectNothingHeld();
  });

  it('is found without the outbox, by its index', async () => {
    const id = await trigger(services, 'a');
    await fixture.redis.del(fixture.key('outbox'));
    await damage(id);
    expect(await sweep()).toBe(1);
    expect(await recordOf(services, id)).toMatchObject({ status: 'FAILED', job_id: 'a' });
    await expectNothingHeld();
  });
});
