import { describe, expect, it } from '@jest/globals';

import { runPhi } from '../testing/run-phi.js';

const NEW_YORK = ['--timezone', 'America/New_York', '--from', '2026-03-07T00:00:00Z'];

const FILE = `
- job_id: nightly
  job_type: INGESTION
  pipeline_modules: [ALPHA]
  schedule: { schedule_type: CRON, cron_expression: "0 2 * * *", timezone: Asia/Tokyo }
- job_id: often
  job_type: INGESTION
  pipeline_modules: [ALPHA]
  schedule: { schedule_type: INTERVAL, interval_seconds: 90 }
- job_id: by_hand
  job_type: INGESTION
  pipeline_modules: [ALPHA]
`;

describe('phi preview', () => {
  it('computes the next times of an expression, over a spring gap', async () => {
    const { status, stdout } = await runPhi([
      'preview',
      '30 2 * * *',
      ...NEW_YORK,
      '--count',
      '3',
      '-o',
      'json',
    ]);
    expect(status).toBe(0);
    // 02:30 does not exist on 8 March: it runs at 03:00 daylight time.
    expect(JSON.parse(stdout)).toEqual({
      next: ['2026-03-07T07:30:00.000Z', '2026-03-08T07:00:00.000Z', '2026-03-09T06:30:00.000Z'],
    });
  });

  it('shows wall-clock times to a reader, and what daylight saving does', async () => {
    const { stdout } = await runPhi(['preview', '30 2 * * *', ...NEW_YORK, '--count', '2']);
    expect(stdout).toContain('2026-03-07 02:30:00  2026-03-07T07:30:00.000Z');
    expect(stdout).toContain('2026-03-08 03:00:00  2026-03-08T07:00:00.000Z');
    expect(stdout).toContain('does not exist in America/New_York');
  });

  it('goes by SCHEDULER_TIMEZONE_DEFAULT where no zone is given', async () => {
    const args = [
      'preview',
      '0 0 12 * * *',
      '--from',
      '2026-07-01T00:00:00+00:00',
      '--count',
      '1',
      '-o',
      'json',
    ];
    const { stdout } = await runPhi(args, { env: { SCHEDULER_TIMEZONE_DEFAULT: 'Asia/Kolkata' } });
    expect(JSON.parse(stdout)).toEqual({ next: ['2026-07-01T06:30:00.000Z'] });
  });

  it('previews every schedule of a file', async () => {
    const { stdout } = await runPhi(
      ['preview', '-', '--from', '2026-07-01T00:00:00Z', '--count', '2', '-o', 'json'],
      { stdin: FILE },
    );
    expect(JSON.parse(stdout)).toEqual({
      schedules: [
        {
          job_id: 'nightly',
          schedule_id: 'nightly.schedule',
          timezone: 'Asia/Tokyo',
          next: ['2026-07-01T17:00:00.000Z', '2026-07-02T17:00:00.000Z'],
        },
        {
          job_id: 'often',
          schedule_id: 'often.schedule',
          timezone: 'UTC',
          next: ['2026-07-01T00:01:30.000Z', '2026-07-01T00:03:00.000Z'],
        },
      ],
    });
  });

  it.each([
    [['61 * * * *'], 'minute: 61'],
    [['* * *'], 'it has 3 fields; accepted: five fields'],
    [
      ['* * * * *', '--timezone', 'Mars/Olympus'],
      '--timezone is not known: Mars/Olympus; accepted: an IANA name',
    ],
    [
      ['* * * * *', '--from', '2026-03-07'],
      '--from is not an instant: 2026-03-07; accepted: ISO 8601 with an offset',
    ],
    [['* * * * *', '--count', '0'], 'a whole number from 1 to 10000'],
    [['missing.yaml'], 'missing.yaml does not exist; accepted:'],
  ])('refuses %j', async (args, message) => {
    const { status, stdout, stderr } = await runPhi(['preview', ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
