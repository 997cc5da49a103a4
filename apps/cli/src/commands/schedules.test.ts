import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Instance, START_MS } from '../testing/instance.js';

const ALWAYS = '[{ start: "00:00", end: "24:00", days: [MON, TUE, WED, THU, FRI, SAT, SUN] }]';

/** `pulse` never runs: what it waits for does not. */
const JOBS = `
- job_id: asleep
  job_type: INGESTION
  pipeline_modules: [ALPHA]
  enabled: false
- job_id: pulse
  job_type: INGESTION
  pipeline_modules: [ALPHA]
  dependencies: [{ upstream_job_id: asleep }]
  execution_windows: ${ALWAYS}
  schedule: { schedule_type: INTERVAL, interval_seconds: 1 }
- job_id: load
  job_type: INGESTION
  pipeline_modules: [ALPHA]
  schedule: { schedule_type: CRON, cron_expression: "0 0 3 29 2 *", timezone: Europe/Berlin }
- job_id: single
  job_type: INGESTION
  pipeline_modules: [ALPHA]
  concurrency: { queue_if_running: true }
`;

interface Ticks {
  readonly items: readonly {
    readonly nominal_time: string;
    readonly outcome: string;
    readonly execution_id: string | null;
  }[];
}

describe('schedules', () => {
  let instance: Instance;
  const phi: Instance['phi'] = (...args) => instance.phi(...args);
  const json: Instance['json'] = (...args) => instance.json(...args);
  const ticksOf = async (...args: readonly string[]): Promise<Ticks['items']> =>
    ((await json(['ticks', ...args, '--limit', '5000'])) as Ticks).items;

  beforeAll(async () => {
    instance = await Instance.open('cli-schedules');
    instance.write('jobs.yaml', JOBS);
    await instance.start('api', { SCHEDULER_MAX_FIRINGS_PER_SECOND: '2' });
    await instance.start('scheduler');
    expect(await phi(['apply', 'jobs.yaml'])).toMatchObject({ status: 0 });
    while ((await ticksOf('pulse')).length < 3);
    expect(await json(['pause', 'schedule', 'pulse'])).toMatchObject({ state: 'PAUSED' });
    while ((await ticksOf('pulse', '--outcome', 'skipped_paused')).length < 2);
  }, 3 * START_MS);
  afterAll(() => instance.close());

  it('are listed as they stand', async () => {
    const { stdout } = await phi(['ls', 'schedules']);
    expect(stdout).toMatch(/^load\.schedule +load +ACTIVE +0 0 3 29 2 \* Europe\/Berlin +in \d/m);
    expect(stdout).toMatch(/^pulse\.schedule +pulse +PAUSED +every 1 s /m);
    expect(await json(['ls', 'schedules', '--status', 'paused'])).toMatchObject({
      items: [{ schedule_id: 'pulse.schedule' }],
    });
    expect(await json(['ls', 'schedules', '--job', 'asleep'])).toEqual({ items: [] });
  });

  it('are shown one by one, and the execution windows beside them', async () => {
    const { stdout } = await phi(['get', 'schedule', 'pulse.schedule']);
    expect(stdout).toMatch(/^state +PAUSED$/m);
    expect(stdout).toMatch(/^SKIPPED_PAUSED +\d+$/m);
    expect((await phi(['get', 'job', 'pulse'])).stdout).toMatch(/^window +open$/m);
  });

  it('have ticks: what became of each fire time, by the schedule or its job', async () => {
    const ticks = await ticksOf('pulse.schedule');
    const fired = ticks.find(({ execution_id }) => execution_id !== null);
    expect(await json(['get', 'execution', fired?.execution_id ?? ''])).toMatchObject({
      job_id: 'pulse',
      scheduled_time: fired?.nominal_time,
    });
    const { stdout } = await phi(['ticks', 'pulse']);
    expect(stdout).toMatch(/^FIRE TIME +OUTCOME +EXECUTION +REASON +DETAIL$/m);
    expect(stdout).toMatch(/^\S+Z +\S.* +SKIPPED_PAUSED +SKIP_003_PAUSED$/m);
    const [, second, third] = ticks;
    const within = ['--from', String(third?.nominal_time), '--until', String(second?.nominal_time)];
    expect(await ticksOf('pulse', ...within)).toMatchObject([{ nominal_time: third?.nominal_time }]);
    expect((await phi(['ticks', 'pulse', '--limit', '1'])).stderr).toContain('there are more');
  });

  it('have them in a row that came to the same as one', async () => {
    const { items } = (await json(['ticks', 'pulse', '--compact', '--outcome', 'SKIPPED_PAUSED'])) as {
      readonly items: readonly { readonly count: number }[];
    };
    expect(items).toMatchObject([{ outcome: 'SKIPPED_PAUSED', reason: 'SKIP_003_PAUSED' }]);
    expect(items[0]?.count).toBeGreaterThanOrEqual(2);
    const { stdout } = await phi(['ticks', 'pulse', '--compact']);
    expect(stdout).toMatch(/^\S+Z +\S+Z +\d+ +SKIPPED_PAUSED +SKIP_003_PAUSED$/m);
  });

  it('are paused and resumed as often as one likes', async () => {
    expect(await json(['pause', 'schedule', 'load.schedule'])).toMatchObject({ state: 'PAUSED' });
    expect(await json(['pause', 'schedule', 'load'])).toMatchObject({ state: 'PAUSED' });
    expect(await json(['resume', 'schedule', 'load'])).toMatchObject({ state: 'ACTIVE' });
    const { stdout } = await phi(['resume', 'schedule', 'load']);
    expect(stdout).toMatch(/^schedule +load\.schedule$/m);
  });

  it('have the times that the API computes', async () => {
    const { next } = (await json(['preview', 'pulse.schedule', '--count', '2'])) as { next: string[] };
    expect(Date.parse(next[1] ?? '') - Date.parse(next[0] ?? '')).toBe(1000);
  });

  it('are refused where they would fire too often together, with those that ask most', async () => {
    const schedule = '{ schedule_type: CRON, cron_expression: "* * * * * *" }';
    const job = (id: string): string =>
      `- { job_id: ${id}, job_type: OUTPUT, pipeline_modules: [GAMMA], schedule: ${schedule} }\n`;
    const { status, stderr } = await phi(['apply', '-'], { stdin: job('loud') + job('louder') });
    expect(status).toBe(2);
    expect(stderr).toContain(
      'phi: SCHED_005_TOO_FREQUENT: All schedules together would fire at a rate of 3 a',
    );
    for (const id of ['loud', 'louder', 'pulse'])
      expect(stderr).toContain(`\n  ${id}.schedule: fires at a rate of 1 a second; accepted:`);
  });

  it('are beside what an execution is held by', async () => {
    const trigger = async (): Promise<string> =>
      ((await json(['trigger', 'single'])) as { readonly execution_id: string }).execution_id;
    const [first, second] = [await trigger(), await trigger()];
    expect((await phi(['get', 'execution', second])).stdout).toMatch(
      new RegExp(`^held +until its turn, behind ${first}$`, 'm'),
    );
  });

  it.each([
    [['ticks', 'single'], 1, 'the job single has no schedule'],
    [['ticks', 'plse'], 1, 'There is no schedule plse. Did you mean pulse.schedule?'],
    [['ticks', 'pulse', '--from', 'monday'], 2, '--from is not an instant: monday; accepted: ISO 8601'],
    [['ticks', 'pulse', '--outcome', 'fine'], 2, 'Accepted: FIRED, LATE'],
    [['pause', 'schedule', 'nothing.schedule'], 1, 'API_002_NOT_FOUND'],
    [['resume', 'load', 'load'], 2, 'Allowed choices are schedule'],
    [['ls', 'schedules', '--status', 'fine'], 2, 'accepted: ACTIVE, PAUSED, INVALID, DISABLED, ENDED'],
  ])('%j ends with status %d', async (args, expected, message) => {
    const { status, stdout, stderr } = await phi(args);
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
    expect(stderr).toContain(message);
  });
});
