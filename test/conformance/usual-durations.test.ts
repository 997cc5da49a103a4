import { criticalPathByDuration } from '@phi/core';
import { usualDurations } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  openEngine,
  run,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';

describe('usualDurations', () => {
  let fixture: EngineFixture;

  beforeEach(() => {
    fixture = openEngine('usual-durations');
  });
  afterEach(() => fixture.close());

  it('knows the jobs that have completed, and which chain of them takes longest', async () => {
    const { services } = fixture;
    await fixture.registerExecutor('executor');
    await apply(services, [define('slow'), define('a'), define('b', { after: ['a'] })]);
    let now = 0;
    for (const [job, takes] of [
      ['slow', 60_000],
      ['a', 1000],
    ] as const) {
      await run(services, await trigger(services, job), async () => {
        await fixture.setClockOffset((now += takes));
        return succeedWith();
      });
    }
    const { graph } = await services.catalog.current();
    const durations = await usualDurations(services, graph.jobs);
    expect([...durations.keys()]).toEqual(['a', 'slow']);
    expect(durations.get('slow')).toBeGreaterThanOrEqual(60_000);
    expect(graph.critical_path).toEqual(['a', 'b']);
    expect(criticalPathByDuration(graph, durations)).toEqual(['slow']);
  });

  it('looks through the latest five hundred executions of a job, and no further', async () => {
    const { services } = fixture;
    await fixture.registerExecutor('executor');
    await apply(services, [define('a')]);
    await run(services, await trigger(services, 'a'), () => succeedWith());
    const cancel = async (count: number): Promise<void> => {
      const ids = await Promise.all(Array.from({ length: count }, () => trigger(services, 'a')));
      for (const execution_id of ids)
        await services.executions.transition({ event: 'CANCEL', execution_id, actor: 'test' });
    };
    await cancel(499);
    expect([...(await usualDurations(services, ['a'])).keys()]).toEqual(['a']);
    await cancel(1);
    expect([...(await usualDurations(services, ['a'])).keys()]).toEqual([]);
  });
});
