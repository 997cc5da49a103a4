import { type JobDefinition } from '@phi/core';
import { flushTriggers, promoteRetries, publishDatasets } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  failWith,
  openEngine,
  recordOf,
  run,
  succeedWith,
  trigger,
  type Body,
  type EngineFixture,
} from './testing/engine-fixture.js';

const onDataset = (source: string) => ({ trigger_id: 't', trigger_type: 'DATA_ARRIVAL', source }) as const;

describe('publishDatasets', () => {
  let fixture: EngineFixture;

  beforeEach(async () => {
    fixture = openEngine('datasets');
    await fixture.registerExecutor('executor');
  });
  afterEach(() => fixture.close());

  async function runJob(
    job_id: string,
    body: Body = () => succeedWith({ path: 'orders.csv' }),
  ): Promise<string> {
    const execution_id = await trigger(fixture.services, job_id);
    await run(fixture.services, execution_id, body);
    return execution_id;
  }

  const chain = (): JobDefinition[] => [
    define('producer', { produces: ['s3://orders', 's3://totals'] }),
    define('consumer', { triggers: [onDataset('s3://orders')] }),
  ];

  it('starts what takes a dataset that an execution has published', async () => {
    await apply(fixture.services, chain());
    const execution_id = await runJob('producer');
    expect(await publishDatasets(fixture.services)).toEqual({ published: 2, too_deep: [] });
    const [consumer] = await executionsOf(fixture.services, 'consumer');
    expect(consumer).toMatchObject({ trigger_type: 'EVENT', trigger_id: 't', depth: 1 });
    const { completed_time = 0 } = await recordOf(fixture.services, execution_id);
    expect(JSON.parse(consumer?.parameters ?? '')).toEqual({
      events: [
        {
          specversion: '1.0',
          id: `${execution_id}/s3://orders`,
          source: 's3://orders',
          type: 'phi.dataset.published',
          subject: 'producer',
          time: new Date(completed_time).toISOString(),
          datacontenttype: 'application/json',
          data: {
            dataset: 's3://orders',
            job_id: 'producer',
            execution_id,
            run_id: execution_id,
            outputs: { path: 'orders.csv' },
          },
          phidepth: 1,
        },
      ],
    });
    expect(await publishDatasets(fixture.services)).toEqual({ published: 0, too_deep: [] });
  });

  it('starts it once, however many schedulers publish and however often', async () => {
    await apply(fixture.services, chain());
    await runJob('producer');
    const list = await fixture.redis.lrange(fixture.key('published'), 0, -1);
    const schedulers = [fixture.services, fixture.anotherProcess(), fixture.anotherProcess()];
    await Promise.all(schedulers.map((services) => publishDatasets(services)));
    await fixture.redis.rpush(fixture.key('published'), ...list);
    await publishDatasets(fixture.services);
    expect(await executionsOf(fixture.services, 'consumer')).toHaveLength(1);
  });

  it('publishes once for each chain, when it has completed, and nothing of one that fails', async () => {
    await apply(fixture.services, [
      define('producer', {
        produces: ['s3://orders'],
        retry_policy: { max_attempts: 2, initial_delay_seconds: 1, max_delay_seconds: 1 },
      }),
      define('fails', { produces: ['s3://never'] }),
    ]);
    const first = await runJob('producer', () => failWith('EXEC_018_CONNECTION_FAILED'));
    await runJob('fails', () => failWith('EXEC_006_MODULE_FAILED'));
    expect(await fixture.services.events.published(10)).toEqual([]);
    await fixture.setClockOffset(10_000);
    await promoteRetries(fixture.services);
    const { retried_by = '' } = await recordOf(fixture.services, first);
    await run(fixture.services, retried_by, () => succeedWith());
    expect(await fixture.services.events.published(10)).toEqual([
      { execution_id: retried_by, dataset: 's3://orders' },
    ]);
  });

  it('publishes after a fan-out that takes more than one call', async () => {
    const dependents = Array.from({ length: 150 }, (_, n) =>
      define(`after-${String(n)}`, { after: ['producer'] }),
    );
    await apply(fixture.services, [define('producer', { produces: ['s3://orders'] }), ...dependents]);
    await runJob('producer');
    expect(await fixture.services.events.published(10)).toHaveLength(1);
  });

  it('leaves out outputs that make the event too large', async () => {
    await apply(fixture.services, chain());
    await runJob('producer', () => succeedWith({ path: 'x'.repeat(65_000) }));
    expect((await publishDatasets(fixture.services)).published).toBe(2);
    const [consumer] = await executionsOf(fixture.services, 'consumer');
    expect(JSON.parse(consumer?.parameters ?? '')).toMatchObject({ events: [{ data: { outputs: {} } }] });
  });

  it('publishes the others where one execution cannot be read, and keeps that one', async () => {
    await apply(fixture.services, chain());
    const damaged = await runJob('producer');
    await runJob('producer');
    await fixture.redis.set(fixture.key(`x:${damaged}`), 'damaged');
    await expect(publishDatasets(fixture.services)).rejects.toThrow('an execution record cannot be read');
    expect(await executionsOf(fixture.services, 'consumer')).toHaveLength(1);
    expect(await fixture.services.events.published(10)).toHaveLength(2);
  });

  it('holds the event where the queue is full', async () => {
    const full = fixture.anotherProcess({ EXECUTOR_QUEUE_CAPACITY: 1 });
    await apply(full, [...chain(), define('others')]);
    await runJob('producer');
    const waiting = await trigger(fixture.services, 'others');
    expect((await publishDatasets(full)).published).toBe(2);
    expect(await executionsOf(full, 'consumer')).toEqual([]);
    await fixture.services.executions.transition({ event: 'CANCEL', execution_id: waiting, actor: 'test' });
    await fixture.setClockOffset(5_000);
    expect((await flushTriggers(full)).flushed).toBe(1);
  });

  it('hands the depth on to dependents, and ends a chain that is too long', async () => {
    await apply(fixture.services, [
      define('loops', { produces: ['s3://echo'], triggers: [onDataset('s3://echo')] }),
      define('after', { after: ['loops'] }),
    ]);
    await runJob('loops');
    let report = await publishDatasets(fixture.services);
    for (let depth = 1; depth <= 32; depth++) {
      const [latest] = (await executionsOf(fixture.services, 'loops')).filter(
        ({ status }) => status === 'QUEUED',
      );
      expect(latest?.depth).toBe(depth);
      expect(report.too_deep).toEqual([]);
      await run(fixture.services, latest?.execution_id ?? '', () => succeedWith());
      report = await publishDatasets(fixture.services);
    }
    expect(report.too_deep).toHaveLength(1);
    expect(await executionsOf(fixture.services, 'loops')).toHaveLength(33);
    const depths = (await executionsOf(fixture.services, 'after')).map(({ depth = 0 }) => depth);
    expect(Math.max(...depths)).toBe(32);
    expect(await fixture.services.events.counts()).toMatchObject({ TOO_DEEP: 1 });
  });
});
