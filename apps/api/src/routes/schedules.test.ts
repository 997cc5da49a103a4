import { orchestrationHealthStatusSchema } from '@phi/core';
import { fireSchedules, type Services } from '@phi/engine';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';
import { scheduleSchema, type ScheduleView } from './schedule-view.js';

const job = (job_id: string, more: object = {}): object => ({
  job_id,
  job_type: 'OUTPUT',
  pipeline_modules: ['GAMMA'],
  ...more,
});
const every = (interval_seconds: number): object => ({ schedule_type: 'INTERVAL', interval_seconds });

const JOBS = [
  job('active', { schedule: every(60) }),
  job('berlin', {
    schedule: { schedule_type: 'CRON', cron_expression: '30 2 * * *', timezone: 'Europe/Berlin' },
  }),
  job('off', { enabled: false, schedule: every(60) }),
  job('once', { schedule: { schedule_type: 'ONCE', run_at: '2020-01-01T00:00:00Z' } }),
  job('paused', { schedule: { ...every(60), schedule_id: 'of-its-own' } }),
  job('broken', { schedule: every(60) }),
  job('none'),
];

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly problems?: readonly { readonly field: string; readonly accepted: string }[];
}

describe('schedules', () => {
  let api: ApiFixture;
  let services: Services;

  beforeAll(async () => {
    api = await openApiFixture('schedules');
    services = api.open.services;
    expect((await api.send('POST', '/v1/apply', { body: { jobs: JOBS } })).statusCode).toBe(200);
  });
  afterAll(() => api.close());

  const setClockOffset = (ms: number): Promise<unknown> =>
    api.open.redis.set(`phi:{${services.namespace}/0}:clock_offset`, String(ms));
  const get = async (id: string): Promise<ScheduleView> =>
    scheduleSchema.parse((await api.send('GET', `/v1/schedules/${id}`, { as: 'viewer' })).json());
  const control = (id: string, verb: 'pause' | 'resume'): ReturnType<ApiFixture['send']> =>
    api.send('POST', `/v1/schedules/${id}/${verb}`, { as: 'operator' });
  async function invalidate(id: string, reason: string): Promise<void> {
    const { rev = 0 } = (await services.schedules.get(id)) ?? {};
    expect(await services.schedules.markInvalid(id, rev, reason)).toBe('MARKED');
  }

  /** Registers a job in a time zone that no system knows, as one that this system does not know would be. */
  async function moveToMars(jobId: string): Promise<void> {
    const key = `phi:{${services.namespace}/0}:`;
    // Written without a seal, as builds before it did.
    const script = `local job = cmsgpack.unpack(string.sub(redis.call('HGET', KEYS[1], ARGV[1]), 10))
      job.definition = string.gsub(job.definition, '"timezone":"UTC"', '"timezone":"Mars/Olympus"')
      redis.call('HSET', KEYS[1], ARGV[1], cmsgpack.pack(job))
      redis.call('HSET', KEYS[2], 'graph_id', 'changed')`;
    await api.open.redis.eval(script, 2, `${key}jobs`, `${key}meta`, jobId);
  }

  it('are listed by name, page by page, each as it stands', async () => {
    await control('of-its-own', 'pause');
    await invalidate('broken.schedule', 'SCHED_002_INVALID_TIMEZONE: it is gone');
    const items: ScheduleView[] = [];
    for (let cursor = ''; ;) {
      const page = (await api.send('GET', `/v1/schedules?limit=2${cursor}`)).json<{
        items: ScheduleView[];
        next_cursor?: string;
      }>();
      items.push(...page.items.map((item) => scheduleSchema.parse(item)));
      if (page.next_cursor === undefined) break;
      expect(page.items).toHaveLength(2);
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(items).toMatchObject([
      { schedule_id: 'active.schedule', state: 'ACTIVE', expression: 'every 60 s', timezone: 'UTC' },
      {
        schedule_id: 'berlin.schedule',
        state: 'ACTIVE',
        expression: '30 2 * * * Europe/Berlin',
        timezone: 'Europe/Berlin',
      },
      { schedule_id: 'broken.schedule', state: 'INVALID', next_time: null },
      { schedule_id: 'of-its-own', job_id: 'paused', state: 'PAUSED' },
      { schedule_id: 'off.schedule', state: 'DISABLED', next_time: null, last_time: null },
      { schedule_id: 'once.schedule', state: 'ENDED', next_time: null },
    ]);
    expect(items[2]).toMatchObject({ invalid: 'SCHED_002_INVALID_TIMEZONE: it is gone', hole: null });
    const beyond = await api.send('GET', '/v1/schedules?cursor=zzz');
    expect(beyond.json()).toEqual({ items: [] });
  });

  it('count what their fire times came to', async () => {
    await setClockOffset(200_000);
    await fireSchedules(services);
    const active = await get('active.schedule');
    expect(active.counts).toMatchObject({ MISSED: 2 });
    expect(Date.parse(active.next_time ?? '') - Date.parse(active.last_time ?? '')).toBe(60_000);
    expect((await get('of-its-own')).counts).toEqual({ SKIPPED_PAUSED: 3 });
  });

  it('are paused and resumed as often as one likes', async () => {
    for (const [verb, state] of [
      ['pause', 'PAUSED'],
      ['pause', 'PAUSED'],
      ['resume', 'ACTIVE'],
      ['resume', 'ACTIVE'],
    ] as const) {
      const answer = await control('active.schedule', verb);
      expect([answer.statusCode, scheduleSchema.parse(answer.json())]).toMatchObject([
        200,
        { schedule_id: 'active.schedule', state },
      ]);
    }
    expect((await services.schedules.get('active.schedule'))?.pauses).toHaveLength(1);
  });

  it('that were never in force have nothing to pause', async () => {
    for (const verb of ['pause', 'resume'] as const) {
      const answer = await control('off.schedule', verb);
      expect([answer.statusCode, answer.json()]).toMatchObject([409, { code: 'SKIP_004_JOB_DISABLED' }]);
    }
  });

  it('that were invalid fire again once they can be evaluated', async () => {
    await invalidate('berlin.schedule', 'SCHED_006_EVALUATION_FAILED: on purpose');
    expect((await get('berlin.schedule')).state).toBe('INVALID');
    const health = orchestrationHealthStatusSchema.parse((await api.send('GET', '/health')).json());
    expect(health.scheduler_status).toContain('2 schedules are invalid: berlin.schedule, broken.schedule');
    const answer = await control('berlin.schedule', 'resume');
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { state: 'ACTIVE', invalid: null }]);
    // On the day on which it does not exist it is at 03:00.
    expect((await get('berlin.schedule')).next_time).toMatch(/T(?:0[01]:30|01:00):00\.000Z$/);
  });

  it('that still cannot be evaluated stay as they are, and the answer says why', async () => {
    await moveToMars('broken');
    await control('broken.schedule', 'pause');
    const before = await services.schedules.get('broken.schedule');
    const answer = await control('broken.schedule', 'resume');
    expect([answer.statusCode, answer.json<Problem>()]).toMatchObject([
      409,
      {
        code: 'SCHED_002_INVALID_TIMEZONE',
        detail: expect.stringContaining("timezone 'Mars/Olympus' is not known"),
      },
    ]);
    expect(await services.schedules.get('broken.schedule')).toEqual(before);
    const preview = await api.send('GET', '/v1/schedules/broken.schedule/preview');
    expect([preview.statusCode, preview.json()]).toMatchObject([409, { code: 'SCHED_002_INVALID_TIMEZONE' }]);
  });

  it.each(['', '/ticks', '/preview'])(
    'GET /v1/schedules/actve.schedule%s names what was meant',
    async (path) => {
      const answer = await api.send('GET', `/v1/schedules/actve.schedule${path}`);
      expect([answer.statusCode, answer.json()]).toMatchObject([
        404,
        {
          code: 'API_002_NOT_FOUND',
          problems: [{ field: 'schedule_id', accepted: expect.stringMatching(/^active\.schedule/) }],
        },
      ]);
    },
  );

  it('are meant by a name that is like that of their job', async () => {
    const answer = await api.send('GET', '/v1/schedules/pausd');
    expect(answer.json<Problem>().detail).toBe('There is no schedule pausd. Did you mean of-its-own?');
  });

  it.each(['pause', 'resume'] as const)('POST /v1/schedules/actve.schedule/%s does too', async (verb) => {
    const answer = await control('actve.schedule', verb);
    expect([answer.statusCode, answer.json<Problem>().problems]).toMatchObject([
      404,
      [{ accepted: expect.stringMatching(/^active\.schedule/) }],
    ]);
  });

  it('stand beside the present or next execution window of their job', async () => {
    const DAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'];
    const open = (start: string, end: string): object => ({
      execution_windows: [{ start, end, days: DAYS }],
    });
    const now = await services.schedules.now();
    const clock = (hours: number): string =>
      new Date(now + hours * 3_600_000).toISOString().slice(11, 14) + '00';
    const jobs = [
      job('whenever'),
      job('always', open('00:00', '24:00')),
      job('now', open(clock(-2), clock(2))),
      job('later', open(clock(2), clock(4))),
    ];
    expect((await api.send('POST', '/v1/apply', { body: { jobs } })).statusCode).toBe(200);
    const windowOf = async (id: string) =>
      (await api.send('GET', `/v1/jobs/${id}`)).json<{ window: Record<string, unknown> | null }>().window;
    expect(await windowOf('whenever')).toBeNull();
    expect(await windowOf('always')).toEqual({ open: true, opens: null, closes: null });
    const hour = Math.floor(now / 3_600_000) * 3_600_000;
    const at = (hours: number): string => new Date(hour + hours * 3_600_000).toISOString();
    expect(await windowOf('now')).toEqual({ open: true, opens: at(-2), closes: at(2) });
    expect(await windowOf('later')).toEqual({ open: false, opens: at(2), closes: at(4) });
  });

  describe('have a preview', () => {
    interface Preview {
      readonly next: readonly string[];
      readonly notes?: readonly { readonly time: string; readonly note: string }[];
    }
    const preview = async (id: string, query = ''): Promise<Preview> =>
      (await api.send('GET', `/v1/schedules/${id}/preview${query}`, { as: 'viewer' })).json<Preview>();

    it('that begins with the next time, whatever it counts from', async () => {
      const { next_time } = await get('active.schedule');
      const { next } = await preview('active.schedule');
      expect(next).toHaveLength(5);
      const times = next.map((time) => Date.parse(time) - Date.parse(next_time ?? ''));
      expect(times.map((ms) => ms % 60_000)).toEqual([0, 0, 0, 0, 0]);
      const first = new Date(Date.parse(next_time ?? '') - 1).toISOString();
      expect((await preview('active.schedule', `?from=${first}&count=2`)).next[0]).toBe(next_time);
    });

    it('with what daylight saving does', async () => {
      expect(await preview('berlin.schedule', '?from=2026-03-28T12:00:00Z&count=2')).toEqual({
        schedule_id: 'berlin.schedule',
        job_id: 'berlin',
        timezone: 'Europe/Berlin',
        next: ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
        notes: [{ time: '2026-03-29T01:00:00.000Z', note: expect.stringContaining('does not exist') }],
      });
      expect(await preview('berlin.schedule', '?from=2026-05-28T12:00:00Z')).not.toHaveProperty('notes');
    });

    it('of nothing where it fires no more', async () => {
      expect((await preview('once.schedule')).next).toEqual([]);
      const { next } = await preview('active.schedule', '?from=9999-12-31T23:57:30Z');
      expect([2, 3]).toContain(next.length);
    });

    it.each([
      ['?count=0', 'count'],
      ['?count=1001', 'count'],
      ['?from=2026-03-28', 'from'],
      ['?until=2026-03-28T12:00:00Z', 'until'],
    ])('but not for %s', async (query, field) => {
      const answer = await api.send('GET', `/v1/schedules/berlin.schedule/preview${query}`);
      expect([answer.statusCode, answer.json<Problem>().problems?.map((problem) => problem.field)]).toEqual([
        400,
        [field],
      ]);
    });
  });

  describe('have ticks', () => {
    interface Ticks {
      readonly items: readonly { readonly nominal_time: string; readonly outcome: string }[];
      readonly next_cursor?: string;
    }
    const ticks = async (query: string): Promise<Ticks> =>
      (await api.send('GET', `/v1/schedules/of-its-own/ticks${query}`, { as: 'viewer' })).json<Ticks>();

    it('from a time on, and until another', async () => {
      const { items } = await ticks('');
      const times = items.map(({ nominal_time }) => nominal_time);
      expect(times).toHaveLength(3);
      const [latest, middle, first] = times;
      const within = await ticks(`?from=${String(middle)}&until=${String(latest)}`);
      expect(within.items.map(({ nominal_time }) => nominal_time)).toEqual([middle]);
      expect((await ticks(`?until=${String(middle)}`)).items).toMatchObject([{ nominal_time: first }]);
      expect((await ticks(`?from=${String(latest)}&outcome=MISSED`)).items).toEqual([]);
    });

    it('in a row that came to the same as one', async () => {
      const { items } = await ticks('');
      expect(await ticks('?compact=true')).toEqual({
        items: [
          {
            outcome: 'SKIPPED_PAUSED',
            first_time: items[2]?.nominal_time,
            last_time: items[0]?.nominal_time,
            count: 3,
            reason: 'SKIP_003_PAUSED',
            detail: null,
          },
        ],
      });
    });

    it.each([
      ['?from=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z', 'until', 'a time after 2026-01-02T00:00:00Z'],
      ['?from=yesterday', 'from', expect.stringContaining('ISO 8601')],
      ['?compact=maybe', 'compact', 'true, false'],
      ['?outcome=fine', 'outcome', expect.stringContaining('FIRED')],
    ])('but not for %s', async (query, field, accepted) => {
      const answer = await api.send('GET', `/v1/schedules/of-its-own/ticks${query}`);
      expect([answer.statusCode, answer.json()]).toMatchObject([
        400,
        { problems: expect.arrayContaining([expect.objectContaining({ field, accepted })]) },
      ]);
    });

    it('after their job is gone', async () => {
      await api.send('POST', '/v1/apply', { body: { jobs: [job('brief', { schedule: every(60) })] } });
      await api.send('DELETE', '/v1/jobs/brief');
      expect((await api.send('GET', '/v1/schedules/brief.schedule')).statusCode).toBe(404);
      const kept = await api.send('GET', '/v1/schedules/brief.schedule/ticks');
      expect([kept.statusCode, kept.json()]).toEqual([200, { items: [] }]);
    });
  });
});
