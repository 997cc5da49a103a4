import { WEEKDAYS, type Execution } from '@phi/core';
import { fireSchedules, openWindows, viewExecution, viewExecutions, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  openEngine,
  recordOf,
  run,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

describe('viewExecution', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('view');
    services = fixture.services;
    await fixture.registerExecutor('executor', 1_000_000_000);
  });
  afterEach(() => fixture.close());

  const holdOf = async (id: string): Promise<Execution['hold']> =>
    (await viewExecution(services, await recordOf(services, id))).hold;

  describe('of what is held outside the execution windows', () => {
    /** Midnight UTC of the day after tomorrow. */
    const midnight = (Math.floor(Date.now() / DAY_MS) + 2) * DAY_MS;
    const setTime = (instantMs: number): Promise<void> => fixture.setClockOffset(instantMs - Date.now());
    const window = {
      execution_windows: [{ start: '06:00', end: '22:00', days: [...WEEKDAYS] }],
      skip_outside_window: false,
    };

    it('says when they open', async () => {
      await setTime(midnight);
      await apply(services, [define('a', window), define('free')]);
      const held = await trigger(services, 'a');
      const until = new Date(midnight + 6 * HOUR_MS).toISOString();
      expect(await holdOf(held)).toEqual({ by: 'WINDOW', until });
      expect(await holdOf(await trigger(services, 'free'))).toBeNull();
      const listed = await viewExecutions(services, await executionsOf(services, 'a'));
      expect(listed.map(({ hold }) => hold)).toEqual([{ by: 'WINDOW', until }]);
      await setTime(midnight + 7 * HOUR_MS);
      expect(await holdOf(held)).toEqual({ by: 'WINDOW', until });
      await openWindows(services);
      expect(await holdOf(held)).toBeNull();
    });

    it('goes by the windows that the job has now', async () => {
      await setTime(midnight);
      await apply(services, [define('a', window)]);
      const held = await trigger(services, 'a');
      const execution_windows = [{ start: '08:00', end: '09:00', days: [...WEEKDAYS] }];
      await apply(services, [define('a', { ...window, execution_windows })]);
      expect(await holdOf(held)).toEqual({
        by: 'WINDOW',
        until: new Date(midnight + 8 * HOUR_MS).toISOString(),
      });
    });

    it('says when the next ones open where it would not fit into these', async () => {
      await setTime(midnight + 7 * HOUR_MS);
      await apply(services, [define('a', { ...window, fit_in_window: true })]);
      const entry = await services.windows.get('a');
      if (entry === undefined) throw new Error('there is no window');
      const { graph_id } = await services.catalog.current();
      await services.windows.set(new Map([['a', { ...entry, fits: entry.opens + HOUR_MS }]]), graph_id);
      expect(await holdOf(await trigger(services, 'a'))).toEqual({
        by: 'WINDOW',
        until: new Date(midnight + DAY_MS + 6 * HOUR_MS).toISOString(),
      });
    });

    it('says nothing of what has ended', async () => {
      await setTime(midnight);
      await apply(services, [define('a', window)]);
      const held = await trigger(services, 'a');
      await services.executions.transition({ event: 'CANCEL', execution_id: held, actor: 'test' });
      expect(await holdOf(held)).toBeNull();
    });
  });

  it('of what waits its turn names the one before it', async () => {
    await apply(services, [define('a', { concurrency: { queue_if_running: true } })]);
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push(await trigger(services, 'a'));
    const [first = '', second = '', third = ''] = ids;
    const holds = async (): Promise<unknown[]> => Promise.all(ids.map(holdOf));
    expect(await holds()).toEqual([null, { by: 'TURN', behind: first }, { by: 'TURN', behind: second }]);
    await run(services, first, () => succeedWith());
    expect(await holds()).toEqual([null, null, { by: 'TURN', behind: second }]);
    await services.executions.transition({ event: 'CANCEL', execution_id: second, actor: 'test' });
    expect(await holdOf(third)).toBeNull();
  });

  it('of what is caught up names the one before it', async () => {
    const schedule = {
      schedule_type: 'INTERVAL',
      interval_seconds: 60,
      tolerance_seconds: 0,
      catchup_enabled: true,
      max_catchup_runs: 3,
    } as const;
    await apply(services, [define('a', { schedule })]);
    await fixture.setClockOffset(10 * 60_000 + 30_000);
    await fireSchedules(services);
    const ids = (await executionsOf(services, 'a'))
      .toSorted((a, b) => a.scheduled_time - b.scheduled_time)
      .map(({ execution_id }) => execution_id);
    expect(ids).toHaveLength(3);
    expect(await Promise.all(ids.map(holdOf))).toEqual([
      null,
      { by: 'TURN', behind: ids[0] },
      { by: 'TURN', behind: ids[1] },
    ]);
  });
});
