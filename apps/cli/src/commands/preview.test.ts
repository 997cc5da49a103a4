import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '@phi/testkit';

import { runPhi, type Ended } from '../testing/run-phi.js';

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
      notes: [
        {
          time: '2026-03-08T07:00:00.000Z',
          note: expect.stringContaining('2026-03-08 02:30:00 does not exist in America/New_York'),
        },
      ],
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
          notes: [
            {
              time: '2026-07-01T00:01:30.000Z',
              note: expect.stringContaining('counted from 2026-07-01T00:00:00.000Z here'),
            },
          ],
        },
      ],
    });
  });

  it('says of a time that comes twice at which pass it runs', async () => {
    const args = ['preview', '-', '--from', '2026-10-31T00:00:00Z', '--count', '3', '-o', 'json'];
    const definition = { job_id: 'half', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };
    const schedule = {
      schedule_type: 'CRON',
      cron_expression: '30 1 * * *',
      timezone: 'America/New_York',
      dst: { overlap: 'BOTH' },
    };
    const { stdout } = await runPhi(args, { stdin: JSON.stringify({ ...definition, schedule }) });
    const [found] = (JSON.parse(stdout) as { schedules: { notes: { time: string; note: string }[] }[] })
      .schedules;
    expect(found?.notes.map(({ time, note }) => `${time.slice(5, 16)} ${note.slice(20)}`)).toEqual([
      '11-01T05:30 comes twice: this is the first pass, and it runs at both',
      '11-01T06:30 comes twice: this is the second pass, and it runs at both',
    ]);
  });

  it('marks the times outside the execution windows', async () => {
    const args = ['preview', '-', '--from', '2026-01-09T12:00:00Z', '--count', '2'];
    const job = (job_id: string, skip_outside_window: boolean) => ({
      job_id,
      job_type: 'OUTPUT',
      pipeline_modules: ['GAMMA'],
      schedule: { schedule_type: 'CRON', cron_expression: '0 20,23 * * *', timezone: 'Europe/Berlin' },
      execution_windows: [{ start: '06:00', end: '22:00', days: ['MON', 'TUE', 'WED', 'THU', 'FRI'] }],
      skip_outside_window,
    });
    const stdin = JSON.stringify([job('skips', true), job('holds', false)]);
    const { status, stdout } = await runPhi(args, { stdin });
    expect(status).toBe(0);
    const [skips = '', holds = ''] = stdout.split('\n\n');
    expect(skips).toMatch(/2026-01-09T22:00:00.000Z .*outside the execution windows: skipped$/);
    expect(holds).toMatch(
      /2026-01-09T22:00:00.000Z .*outside the execution windows: held until 2026-01-12 06:00:00 in Europe\/Berlin\n$/,
    );
    expect(stdout.match(/outside/g)).toHaveLength(2);
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
    [[''], 'cron_expression: it is empty'],
    [['0', '2', '*', '*', '*'], "'0 2 * * *' is more than two arguments; accepted: one expression in quotes"],
    [['* * * * *', 'missing.yaml'], "'* * * * *' is not a file; accepted: two files"],
    [['a.yaml', '--against', 'report.schedule'], "'report.schedule' is not a file; accepted: two files"],
    [['a.yaml', 'b.yaml', '--against', 'c.yaml'], '--against does not go with two files; accepted: one file'],
    [['-', '-'], '- cannot be both versions; accepted: standard input for one'],
    [['-', '--timezone', 'UTC'], '--timezone does not go with a file; accepted: schedule.timezone'],
    [['a.yaml', 'b.yaml', '--timezone', 'UTC'], '--timezone does not go with a file'],
    [['report.schedule', '--timezone', 'UTC'], '--timezone does not go with a registered schedule'],
  ])('refuses %j', async (args, message) => {
    const { status, stdout, stderr } = await runPhi(['preview', ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('phi preview of two versions', () => {
  let directory: string;

  const job = (job_id: string, cron_expression?: string, more: object = {}): object => ({
    job_id,
    job_type: 'OUTPUT',
    pipeline_modules: ['GAMMA'],
    ...(cron_expression !== undefined && {
      schedule: { schedule_type: 'CRON', cron_expression, timezone: 'Asia/Tokyo' },
    }),
    ...more,
  });
  const write = (name: string, ...jobs: object[]): void => {
    writeFileSync(path.join(directory, name), JSON.stringify(jobs));
  };
  const phi = (...args: string[]): Promise<Ended> =>
    runPhi(['preview', ...args, '--from', '2026-07-01T00:00:00Z', '--count', '2'], { cwd: directory });

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'phi-preview-'));
    write('old.json', job('report', '0 3,12 * * *'), job('gone', '0 0 1 * *'), job('by_hand'));
    write('new.json', job('report', '0 12,18 * * *'), job('fresh', '0 6 * * *'), job('new_by_hand'));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const EXPECTED = {
    schedules: [
      {
        job_id: 'report',
        schedule_id: 'report.schedule',
        timezone: 'Asia/Tokyo',
        until: '2026-07-01T18:00:00.000Z',
        added: ['2026-07-01T09:00:00.000Z'],
        removed: ['2026-07-01T18:00:00.000Z'],
        kept: 1,
      },
      {
        job_id: 'fresh',
        schedule_id: 'fresh.schedule',
        timezone: 'Asia/Tokyo',
        until: '2026-07-02T21:00:00.000Z',
        added: ['2026-07-01T21:00:00.000Z', '2026-07-02T21:00:00.000Z'],
        removed: [],
        kept: 0,
      },
      {
        job_id: 'gone',
        schedule_id: 'gone.schedule',
        timezone: 'Asia/Tokyo',
        until: '2026-08-31T15:00:00.000Z',
        added: [],
        removed: ['2026-07-31T15:00:00.000Z', '2026-08-31T15:00:00.000Z'],
        kept: 0,
      },
    ],
    jobs: { added: ['fresh', 'new_by_hand'], removed: ['gone', 'by_hand'] },
  };

  it.each([[['new.json', '--against', 'old.json']], [['old.json', 'new.json']]])(
    'answers what comes, goes and stays: %j',
    async (args) => {
      const { status, stdout } = await phi(...args, '-o', 'json');
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toEqual(EXPECTED);
    },
  );

  it('shows it in order, on the wall clock', async () => {
    const { stdout } = await phi('old.json', 'new.json');
    const [report = '', fresh = '', gone = '', ...others] = stdout.split('\n\n');
    expect(report.split('\n').map((line) => line.replace(/Z {2}.*/, 'Z').replace(/ +/g, ' '))).toEqual([
      'report (Asia/Tokyo): 1 added, 1 removed, 1 kept until 2026-07-01T18:00:00.000Z',
      ' Asia/Tokyo INSTANT',
      '= 2026-07-01 12:00:00 2026-07-01T03:00:00.000Z',
      '+ 2026-07-01 18:00:00 2026-07-01T09:00:00.000Z',
      '- 2026-07-02 03:00:00 2026-07-01T18:00:00.000Z',
    ]);
    expect(fresh).toContain('fresh (Asia/Tokyo) appears: 2 added');
    expect(gone).toContain('gone (Asia/Tokyo) vanishes: 0 added, 2 removed');
    expect(others).toEqual([
      'new_by_hand appears; it has no schedule',
      'by_hand vanishes; it has no schedule\n',
    ]);
  });

  it('counts only times at which something starts', async () => {
    const windows = { execution_windows: [{ start: '11:00', end: '13:00', days: ['WED', 'THU'] }] };
    write('disabled.json', job('report', '0 3,12 * * *', { enabled: false }));
    write('within.json', job('report', '0 3,12 * * *', windows));
    const { stdout } = await phi('disabled.json', 'within.json', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      schedules: [{ added: ['2026-07-01T03:00:00.000Z'], removed: [], kept: 0 }],
      jobs: { added: [], removed: [] },
    });
  });

  it('shows another zone, and a schedule that is taken away', async () => {
    const runOnce = (timezone: string): object => ({
      schedule: { schedule_type: 'ONCE', run_at: '2026-07-01T10:00:00Z', timezone },
    });
    write('once.json', job('moved', undefined, runOnce('UTC')), job('stripped', '@daily'));
    write('later.json', job('moved', undefined, runOnce('Asia/Tokyo')), job('stripped'));
    const { stdout } = await phi('once.json', 'later.json');
    expect(stdout).toContain('moved (Asia/Tokyo, was UTC): 0 added, 0 removed, 1 kept until 2026-07-01T10');
    expect(stdout).toContain('stripped (Asia/Tokyo): 0 added, 2 removed, 0 kept');
  });

  it('compares a bounded number of times', async () => {
    write('seconds.json', job('report', '* * * * * *'));
    write('yearly.json', job('report', '@yearly'));
    const { stdout } = await phi('seconds.json', 'yearly.json', '-o', 'json');
    const { schedules } = JSON.parse(stdout) as { schedules: { until: string; removed: string[] }[] };
    expect(schedules[0]?.removed).toHaveLength(10_000);
    expect(schedules[0]?.until).toBe(schedules[0]?.removed.at(-1));
  });
});

describe('phi preview of a registered schedule', () => {
  const ANSWER = {
    schedule_id: 'report.schedule',
    job_id: 'report',
    timezone: 'Asia/Tokyo',
    next: ['2026-07-01T18:00:00.000Z'],
    notes: [{ time: '2026-07-01T18:00:00.000Z', note: 'outside the execution windows: skipped' }],
  };
  const KNOWN = '/v1/schedules/report.schedule/preview?from=2026-07-01T00%3A00%3A00.000Z&count=1';
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const isKnown = request.url === KNOWN;
      response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(isKnown ? ANSWER : { code: 'API_004_NOT_FOUND', title: 'There is no such thing.' }),
      );
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });

  afterAll(async () => {
    server.close();
    await once(server, 'close');
  });

  const phi = (...args: string[]): Promise<Ended> =>
    runPhi(['preview', ...args, '--from', '2026-07-01T00:00:00Z', '--count', '1']);

  it('answers what the API does', async () => {
    const { status, stdout } = await phi('report.schedule', '--url', url, '-o', 'json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(ANSWER);
  });

  it('shows it on the wall clock', async () => {
    const { stdout } = await phi('report.schedule', '--url', url);
    expect(stdout).toMatch(/^report \(Asia\/Tokyo\)\n/);
    expect(stdout).toMatch(/\n2026-07-02 03:00:00 +2026-07-01T18:00:00.000Z .*execution windows: skipped\n$/);
  });

  it('says what the word was taken for when there is no such schedule', async () => {
    const { status, stdout, stderr } = await phi('reprot', '--url', url);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(
      'reprot is neither a file nor a cron expression, and no registered schedule was found',
    );
    expect(stderr).toContain('the API knows no schedule of this id (404)');
  });

  it('says it too when nothing answers', async () => {
    const nowhere = `http://127.0.0.1:${String(await freePort())}`;
    const { status, stderr } = await phi('report.schedule', '--url', nowhere);
    expect(status).toBe(1);
    expect(stderr).toContain('report.schedule is neither a file nor a cron expression');
    expect(stderr).toContain(`nothing answers at ${nowhere}`);
  });
});
