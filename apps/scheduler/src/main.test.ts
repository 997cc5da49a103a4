import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { EVENTS_QUEUE, queuePrefix } from '@phi/queues';
import { ProcessFixture, type ProcessGroup } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';

import {
  openSchedulerFixture,
  type ReceivedEvent,
  type SchedulerFixture,
} from './testing/scheduler-fixture.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('the scheduler as a process', () => {
  const processes = new ProcessFixture();
  let fixture: SchedulerFixture;
  let root: string;

  beforeEach(async () => {
    fixture = openSchedulerFixture('scheduler');
    root = await mkdtemp(path.join(tmpdir(), 'phi-scheduler-'));
  });
  afterEach(async () => {
    await processes.killAll();
    await fixture.close();
    await rm(root, { recursive: true, force: true });
  });

  const start = (env: Record<string, string> = {}): Promise<ProcessGroup> =>
    processes.node(MAIN, [], {
      env: {
        REDIS_URL: fixture.corner.url,
        PHI_NAMESPACE: fixture.corner.namespace,
        PHI_DATA_DIR: root,
        PHI_FILE_POLL_SECONDS: '0.1',
        PHI_FILE_SETTLE_SECONDS: '0.1',
        ...env,
      },
    });
  /** Asks until the events are there; the test's own time limit ends a vain wait. */
  async function untilEvents(jobId: string, count: number): Promise<readonly ReceivedEvent[]> {
    for (;;) {
      const events = await fixture.eventsOf(jobId);
      if (events.length >= count) return events;
    }
  }

  it('makes events of files and of entries of streams, twice by none of two, and ends in order', async () => {
    const key = `orders-${fixture.corner.namespace}`;
    await fixture.apply('load', [{ trigger_type: 'DATA_ARRIVAL', source: 'file:in/' }]);
    await fixture.apply('invoice', [{ trigger_type: 'MESSAGE', source: `stream:${key}` }]);
    const schedulers = [await start(), await start()];
    await Promise.all(schedulers.map(({ output }) => output.waitFor('"msg":"ready"')));
    const redis = fixture.corner.connect();
    await mkdir(path.join(root, 'source', 'in'), { recursive: true });
    // Whole at once: half written it could have settled.
    await writeFile(path.join(root, 'a.csv'), 'a');
    await rename(path.join(root, 'a.csv'), path.join(root, 'source', 'in', 'a.csv'));
    await redis.xadd(key, '*', 'n', '1');
    expect(await untilEvents('load', 1)).toMatchObject([{ subject: 'in/a.csv', data: { size: 1 } }]);
    expect(await untilEvents('invoice', 1)).toMatchObject([{ data: { n: '1' } }]);
    for (const scheduler of schedulers) expect(await scheduler.stop()).toEqual({ code: 0, signal: null });
    const group = `phi:${fixture.corner.namespace}`;
    expect(await redis.xinfo('CONSUMERS', key, group)).toEqual([]);
    expect(
      [await fixture.eventsOf('load'), await fixture.eventsOf('invoice')].map(({ length }) => length),
    ).toEqual([1, 1]);
  });

  it('takes events from the queue phi_events', async () => {
    await fixture.apply('invoice', [{ trigger_type: 'MESSAGE', source: 'shop' }]);
    await start();
    const prefix = queuePrefix(fixture.corner.namespace);
    const queue = new Queue(EVENTS_QUEUE, { prefix, connection: fixture.corner.connect() });
    await queue.add('event', { specversion: '1.0', id: '1', source: 'shop', type: 'x' });
    expect(await untilEvents('invoice', 1)).toMatchObject([{ id: '1' }]);
    await queue.close();
  });

  it('looks below PHI_SOURCE_DIR', async () => {
    await fixture.apply('load', [{ trigger_type: 'DATA_ARRIVAL', source: 'file:*.csv' }]);
    await writeFile(path.join(root, 'a.csv'), 'a');
    await start({ PHI_SOURCE_DIR: root });
    expect(await untilEvents('load', 1)).toMatchObject([{ subject: 'a.csv' }]);
  });

  it('names every wrong variable at once, and ends with status 2', async () => {
    const scheduler = await start({
      PHI_LOG_LEVEL: 'loud',
      PHI_FILE_POLL_SECONDS: 'often',
      PHI_FILE_SETTLE_SECONDS: '0',
    });
    expect(await scheduler.ended).toEqual({ code: 2, signal: null });
    expect(scheduler.output.all.map((line) => line.split(':')[1]?.trim())).toEqual([
      'PHI_LOG_LEVEL',
      'PHI_FILE_POLL_SECONDS',
      'PHI_FILE_SETTLE_SECONDS',
    ]);
  });
});
