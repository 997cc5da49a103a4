import type { SchedulingError } from '@phi/core';
import { reportSchedulingError } from '@phi/engine';
import { queuePrefix } from '@phi/queues';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openEngine, type EngineFixture } from './testing/engine-fixture.js';

const ERROR: SchedulingError = {
  job_id: 'a',
  schedule_id: 'a.schedule',
  error_code: 'SCHED_006_EVALUATION_FAILED',
  error_message: 'Europe/Atlantis is not a time zone that this system knows',
  schedule_config: '{"timezone":"Europe/Atlantis"}',
  detection_time: '2026-03-08T07:00:00.000Z',
};

describe('reportSchedulingError', () => {
  let fixture: EngineFixture;

  beforeEach(() => {
    fixture = openEngine('scheduling-error');
  });
  afterEach(() => fixture.close());

  /** The entries of the queue, the oldest first, as they stand in Redis. */
  async function entries(): Promise<unknown[]> {
    const queue = `${queuePrefix(fixture.namespace)}:phi_scheduling_errors`;
    const ids = await fixture.redis.lrange(`${queue}:wait`, 0, -1);
    const jobs = await Promise.all(
      ids.reverse().map((id) => fixture.redis.hmget(`${queue}:${id}`, 'name', 'data')),
    );
    return jobs.map(([name, data]) => [name, JSON.parse(data ?? '')]);
  }

  it('enters it under its code, whole', async () => {
    await reportSchedulingError(fixture.services, ERROR);
    expect(await entries()).toEqual([['SCHED_006_EVALUATION_FAILED', ERROR]]);
  });

  it('enters it once, by whichever scheduler and whenever it is found again', async () => {
    const later = { ...ERROR, detection_time: '2026-03-08T08:00:00.000Z', error_message: 'in other words' };
    await Promise.all([
      reportSchedulingError(fixture.services, ERROR),
      reportSchedulingError(fixture.anotherProcess(), ERROR),
    ]);
    await reportSchedulingError(fixture.anotherProcess(), later);
    expect(await entries()).toEqual([['SCHED_006_EVALUATION_FAILED', ERROR]]);
  });

  it.each([
    { job_id: 'b' },
    { schedule_id: 'a.other' },
    { error_code: 'SCHED_002_INVALID_TIMEZONE' },
    { schedule_config: '{}' },
  ])('takes it for another error where it has %j', async (difference) => {
    await reportSchedulingError(fixture.services, ERROR);
    await reportSchedulingError(fixture.services, { ...ERROR, ...difference });
    expect(await entries()).toHaveLength(2);
  });
});
