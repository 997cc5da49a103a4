import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dependencyGraphSchema, executionSchema, orchestrationHealthStatusSchema } from '@phi/core';
import { freePort, type ProcessGroup } from '@phi/testkit';

import { Instance, START_MS } from '../testing/instance.js';

const JOBS = `
jobs:
  - job_id: load
    job_type: INGESTION
    pipeline_modules: [ALPHA]
    parameters: { ALPHA: { source: { path: in.csv } } }
    schedule: { schedule_type: CRON, cron_expression: "0 0 3 29 2 *", timezone: Europe/Berlin }
  - job_id: total
    job_type: TRANSFORMATION
    pipeline_modules: [BETA]
    dependencies: [{ upstream_job_id: load }]
    parameters: { BETA: { profile: { sql: "select sum(v) as total from input" } } }
  - job_id: broken
    job_type: INGESTION
    pipeline_modules: [ALPHA]
    parameters: { ALPHA: { source: { path: missing.csv } }, owner: me }
    locked_parameters: [owner]
    retry_policy: { max_attempts: 1 }
  - job_id: asleep
    job_type: INGESTION
    pipeline_modules: [ALPHA]
    enabled: false
  - job_id: waiting
    job_type: INGESTION
    pipeline_modules: [ALPHA]
    dependencies: [{ upstream_job_id: asleep }]
pools:
  - name: default
    pool_concurrency_limit: 10
`;

let instance: Instance;
let directory: string;
let api: ProcessGroup;

const phi: Instance['phi'] = (...args) => instance.phi(...args);
const json: Instance['json'] = (...args) => instance.json(...args);

async function runIdOf(args: readonly string[]): Promise<string> {
  const answer = (await json(['trigger', ...args])) as { readonly run_id: string };
  return answer.run_id;
}

beforeAll(async () => {
  instance = await Instance.open('cli');
  ({ directory } = instance);
  instance.write('.phi/source/in.csv', 'id,v\n1,10\n2,20\n3,30\n');
  instance.write('jobs.yaml', JOBS);
  api = await instance.start('api');
  await instance.start('executor');
  const applied = await phi(['apply', 'jobs.yaml', '--reason', 'the first ones']);
  expect(applied).toMatchObject({ status: 0, stdout: expect.stringContaining('5 created') });
}, 3 * START_MS);

afterAll(() => instance.close());

describe('phi plan', () => {
  const CHANGED = JOBS.replace('"0 0 3 29 2 *"', '"0 0 4 1 1 *"')
    .replace('upstream_job_id: load }', 'upstream_job_id: load, dependency_type: COMPLETION }')
    .replace('job_id: asleep', 'job_id: dozing');

  it('shows jobs with what differs, edges and fire times, and changes nothing', async () => {
    const { status, stdout, stderr } = await phi(['plan', '-'], { stdin: CHANGED });
    expect(status).toBe(0);
    expect(stderr).toBe('');
    const lines = stdout.split('\n').map((line) => line.split(/ {2,}/).join(' | '));
    expect(lines.slice(0, 4)).toEqual([
      'JOB | CHANGE | REVISION | FIELD | BEFORE | AFTER',
      'load | UPDATED | 2 | schedule.cron_expression | "0 0 3 29 2 *" | "0 0 4 1 1 *"',
      'total | UPDATED | 2 | dependencies[0].dependency_type | "SUCCESS" | "COMPLETION"',
      'dozing | CREATED | 1',
    ]);
    expect(lines.slice(5, 8)).toEqual([
      'EDGE | FROM | TO | KIND | TYPE | DEPENDENCY',
      '+ | load | total | DECLARED | COMPLETION | total.load',
      '- | load | total | DECLARED | SUCCESS | total.load',
    ]);
    expect(lines[9]).toBe('SCHEDULE | TIME ZONE | FIRES NOW | WOULD FIRE');
    expect(lines[10]).toMatch(
      /^load\.schedule \| Europe\/Berlin \| \d{4}-02-29 03:00:00 \| \d{4}-01-01 04:00:00$/,
    );
    expect(lines[12]).toMatch(/^ \| \d{4}-02-29 03:00:00 \| \d{4}-01-01 04:00:00$/);
    expect(stdout).toContain('nothing was changed: 2 updated, 2 unchanged, 1 created\n');
    expect(await json(['get', 'job', 'load'])).toMatchObject({ revision: 1 });
  });

  it('answers the whole of it as JSON, and status 0 where nothing would change', async () => {
    writeFileSync(path.join(directory, 'same.yaml'), JOBS);
    expect(await json(['plan', 'same.yaml'])).toMatchObject({
      dry_run: true,
      changes: [
        { job_id: 'load', change: 'UNCHANGED' },
        { job_id: 'total', change: 'UNCHANGED' },
        { job_id: 'broken', change: 'UNCHANGED' },
        { job_id: 'asleep', change: 'UNCHANGED' },
        { job_id: 'waiting', change: 'UNCHANGED' },
      ],
      edges: { added: [], removed: [] },
      schedules: [],
    });
    expect((await phi(['plan', 'same.yaml'])).stdout).toBe('nothing was changed: 5 unchanged\n');
  });

  it('ends with status 2 where it could not be applied', async () => {
    const text =
      'job_id: load\njob_type: INGESTION\npipeline_modules: [ALPHA]\ndependencies: [{ upstream_job_id: total }]\n';
    const { status, stdout, stderr } = await phi(['plan', '-'], { stdin: text });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(
      'total.dependencies[0].upstream_job_id: the jobs load → total → load form a cycle',
    );
  });
});

describe('phi apply', () => {
  it('says what would change, and changes nothing', async () => {
    const changed = JOBS.replace('sum(v)', 'avg(v)')
      .replace('job_id: asleep', 'job_id: dozing')
      .replace(/\[\{ upstream_job_id: asleep \}\]/, '[]');
    writeFileSync(path.join(directory, 'changed.yaml'), changed);
    const { status, stdout } = await phi(['apply', 'changed.yaml', '--dry-run']);
    expect(status).toBe(0);
    const rows = stdout.split('\n').map((line) => line.split(/\s+/).join(' '));
    expect(rows).toEqual(
      expect.arrayContaining([
        'load UNCHANGED 1',
        'total UPDATED 2',
        'dozing CREATED 1',
        'waiting UPDATED 2',
      ]),
    );
    expect(stdout).toContain('dry run, nothing was changed:');
    expect(await json(['get', 'job', 'total'])).toMatchObject({ revision: 1, reason: 'the first ones' });
  });

  it('places a warning of the API in the file', async () => {
    const text =
      'job_id: lonely\njob_type: OUTPUT\npipeline_modules: [GAMMA]\ndependencies:\n  - upstream_job_id: nowhere\n';
    const { status, stderr } = await phi(['apply', '-', '--dry-run'], { stdin: text });
    expect(status).toBe(0);
    expect(stderr).toContain(
      'warning: <stdin>:5:22: dependencies[0].upstream_job_id: no such job is registered',
    );
  });

  it('sends nothing that is not valid here', async () => {
    const { status, stdout, stderr } = await phi(['apply', '-', '--url', 'http://127.0.0.1:1'], {
      stdin: 'job_id: x\n',
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('<stdin>:1:1: job_type: is required');
  });

  it('names the job in which the API found a problem', async () => {
    const schedule = '{ schedule_type: INTERVAL, interval_seconds: 60, schedule_id: load.schedule }';
    const text = `job_id: thief\njob_type: OUTPUT\npipeline_modules: [GAMMA]\nschedule: ${schedule}\n`;
    const { status, stderr } = await phi(['apply', '-'], { stdin: text });
    expect(status).toBe(2);
    expect(stderr).toContain('\n  thief.schedule.schedule_id: belongs to the job load; accepted:');
  });

  it('prints a cycle with registered jobs as the API tells it', async () => {
    const text =
      'job_id: load\njob_type: INGESTION\npipeline_modules: [ALPHA]\ndependencies: [{ upstream_job_id: total }]\n';
    const { status, stderr } = await phi(['apply', '-'], { stdin: text });
    expect(status).toBe(2);
    expect(stderr).toContain('phi: DEP_002_CYCLE_DETECTED');
    expect(stderr).toMatch(/load → total → load/);
  });
});

describe('phi trigger', () => {
  it('waits for the whole run, and shows what ran', async () => {
    const { status, stdout, stderr } = await phi(['trigger', 'load', '--wait']);
    expect(status).toBe(0);
    expect(stderr).toMatch(/ {2}total {2}COMPLETED/);
    expect(stdout).toMatch(/status +succeeded/);
    expect(stdout).toMatch(/load +COMPLETED +MANUAL +1 .* 3$/m);
    expect(stdout).toMatch(/total +COMPLETED +DEPENDENCY +1 /);
  });

  it('ends with status 1 when the run failed, and says why', async () => {
    const { status, stdout } = await phi(['trigger', 'broken', '--wait']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/broken: EXEC_001_INGESTION_FAILED: .*missing\.csv/);
  });

  it('answers a repeated idempotency key with the first execution', async () => {
    const args = ['trigger', 'waiting', '--idempotency-key', 'monday', '-o', 'json'];
    const first = await phi(args);
    const second = await phi(args);
    expect(JSON.parse(first.stdout)).toMatchObject({ created: true });
    expect(JSON.parse(second.stdout)).toMatchObject({
      ...(JSON.parse(first.stdout) as object),
      created: false,
    });
    expect(second.stderr).toContain('was used before');
  });

  it('takes parameters as assignments, JSON and files, the assignments last', async () => {
    writeFileSync(path.join(directory, 'overrides.json'), '{"limit": 1, "label": "from the file"}');
    const runId = await runIdOf([
      'waiting',
      '--parameters',
      '@overrides.json',
      '-p',
      'limit=5',
      '-p',
      'text=a=b',
      '-p',
      'code="007"',
    ]);
    expect(await json(['get', 'execution', runId])).toMatchObject({
      parameters: { limit: 5, label: 'from the file', text: 'a=b', code: '007' },
    });
  });

  it.each([
    [['lod'], 1, 'Did you mean load?'],
    [['asleep'], 1, 'SKIP_004_JOB_DISABLED'],
    [['broken', '-p', 'owner=you'], 2, 'EXEC_017_INVALID_PARAMETERS'],
    [['load', '-p', 'nothing'], 2, '--parameter has no key: nothing; accepted: key=value'],
    [['load', '--parameters', '[1]'], 2, '--parameters is not a JSON object; accepted:'],
    [['load', '--parameters', '@none.json'], 2, 'cannot be read (ENOENT): none.json'],
  ])('%j ends with status %d', async (args, expected, message) => {
    const { status, stdout, stderr } = await phi(['trigger', ...args]);
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('stops following at Ctrl-C with status 130, and leaves the run alone', async () => {
    const { status, stderr } = await phi(['trigger', 'waiting', '--wait'], { interruptAfter: 'PENDING' });
    expect(status).toBe(130);
    const runId = /phi runs (\w+) --follow/.exec(stderr)?.[1] ?? 'none';
    expect(await json(['get', 'run', runId])).toMatchObject({ status: 'running' });
  });
});

describe('phi ls, get, runs, logs, graph and health', () => {
  it('lists jobs with their schedules and dependencies', async () => {
    const { stdout } = await phi(['ls']);
    expect(stdout).toMatch(/^load +INGESTION +yes +1 +0 0 3 29 2 \* Europe\/Berlin +in \d/m);
    expect(stdout).toMatch(/^total +TRANSFORMATION +yes +1 +load$/m);
    expect(stdout).toMatch(/^asleep +INGESTION +no/m);
  });

  it('filters executions and runs', async () => {
    await phi(['trigger', 'broken', '--wait']);
    const failed = (await json(['ls', 'executions', '--status', 'failed', '--job', 'broken'])) as {
      readonly items: readonly unknown[];
    };
    expect(failed.items.length).toBeGreaterThan(0);
    for (const item of failed.items) {
      expect(executionSchema.parse(item)).toMatchObject({ status: 'FAILED', job_id: 'broken' });
    }
    const runs = (await json(['ls', 'runs', '--status', 'failed'])) as {
      readonly items: readonly { readonly job_id: string }[];
    };
    expect(new Set(runs.items.map(({ job_id }) => job_id))).toEqual(new Set(['broken']));
    expect(await json(['runs', '--job', 'asleep'])).toEqual({ items: [] });
  });

  it('runs a run again from what failed, and says where nothing did', async () => {
    const runId = await runIdOf(['broken']);
    await phi(['runs', runId, '--follow']);
    const again = await phi(['rerun', runId, '--reason', 'once more']);
    expect(again).toMatchObject({ status: 0, stdout: `pass 2 of run ${runId}: broken\n` });
    await phi(['runs', runId, '--follow']);
    const { executions } = (await json(['runs', runId])) as {
      readonly executions: readonly { status: string }[];
    };
    expect(executions.map(({ status }) => status)).toEqual(['FAILED', 'FAILED']);
    expect(await phi(['rerun', runId, '--from', 'load'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('from[0]'),
    });
  });

  it('says when a list goes on', async () => {
    await phi(['trigger', 'waiting']);
    await phi(['trigger', 'waiting']);
    const { stdout, stderr } = await phi(['ls', 'executions', '--limit', '1', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ items: [{}] });
    expect(stderr).toContain('there are more');
  });

  it('lists the executors', async () => {
    const { stdout } = await phi(['ls', 'executors']);
    expect(stdout).toMatch(/^\S+ +\d+ +\d+ +in \d/m);
  });

  it('finds a bare id among jobs, executions and runs', async () => {
    const runId = await runIdOf(['waiting']);
    const [job, execution, run, neither] = await Promise.all([
      phi(['get', 'load']),
      phi(['get', runId]),
      phi(['get', 'run', runId, '-o', 'yaml']),
      phi(['get', 'nothing']),
    ]);
    expect(job.stdout).toContain('pipeline_modules:\n  - ALPHA');
    expect(execution.stdout).toMatch(/^\S+ +CREATE +admin$/m);
    expect(run.stdout).toContain(`run_id: ${runId}`);
    expect(neither).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('there is no job, execution, run or schedule nothing'),
    });
  });

  it('explains what ran: how it ended, and what came after it', async () => {
    const runId = await runIdOf(['load']);
    await phi(['runs', runId, '--follow']);
    const { stdout } = await phi(['explain', runId]);
    expect(stdout).toMatch(/^COMPLETED: it ran for .*; after it: total COMPLETED\.\n/);
    expect(stdout).toMatch(/^dependents +total [0-9a-f]{24} COMPLETED$/m);
    expect(stdout).not.toMatch(/NOT_REACHED|HOLD|WAIT|FAIL/);
    const failed = await runIdOf(['broken']);
    await phi(['runs', failed, '--follow']);
    const explained = (await phi(['explain', failed, '--replay'])).stdout;
    expect(explained).toMatch(/^FAILED: EXEC_001_INGESTION_FAILED: .*missing\.csv/);
    expect(explained).toMatch(/^what to do +Check that the source exists/m);
  });

  it('previews no schedule that is not registered', async () => {
    expect(await phi(['preview', 'nothing.schedule'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no registered schedule was found'),
    });
  });

  it('prints logs, and follows them to the end of the execution', async () => {
    const runId = await runIdOf(['load']);
    const followed = await phi(['logs', runId, '-f']);
    expect(followed).toMatchObject({ status: 0, stdout: expect.stringContaining('batch ingested') });
    const { stdout } = await phi(['logs', runId, '-o', 'json']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly text: string });
    expect(lines.map(({ text }) => text).join('\n')).toBe(followed.stdout.trimEnd());
  });

  it('follows a run that has ended already', async () => {
    const runId = await runIdOf(['load']);
    const first = await phi(['runs', runId, '--follow']);
    const again = await phi(['runs', runId, '--follow']);
    expect([first.status, again.status]).toEqual([0, 0]);
    expect(again.stdout).toMatch(/status +succeeded/);
  });

  it('shows the registered graph and the health', async () => {
    const graph = dependencyGraphSchema.parse(await json(['graph']));
    expect(graph.jobs).toEqual(['asleep', 'broken', 'load', 'total', 'waiting']);
    const around = dependencyGraphSchema.parse(await json(['graph', '--job', 'total', '--depth', '1']));
    expect([around.jobs, around.graph_id]).toEqual([['load', 'total'], graph.graph_id]);
    const timed = dependencyGraphSchema.parse(await json(['graph', '--critical-path', 'duration']));
    expect(timed.critical_path).toEqual(['load', 'total']);
    const { stdout } = await phi(['health', '-o', 'json']);
    expect(orchestrationHealthStatusSchema.safeParse(JSON.parse(stdout)).success).toBe(true);
    expect((await phi(['health'])).stdout).toMatch(/resources +HEALTHY/);
  });
});

describe('phi emit', () => {
  const LISTENING = `
job_id: listening
job_type: INGESTION
pipeline_modules: [ALPHA]
triggers:
  - { trigger_id: orders, trigger_type: API_CALL, source: shop }
  - { trigger_id: mail, trigger_type: MESSAGE, source: shop }
`;

  beforeAll(async () => {
    expect(await phi(['apply', '-'], { stdin: LISTENING })).toMatchObject({ status: 0 });
  });

  it('sends an event under a new id, and says what it starts', async () => {
    const { status, stdout, stderr } = await phi(['emit', 'order.placed', '--source', 'shop']);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'passed over mail of listening: takes events by QUEUE, STREAM, not by HTTP\n',
    });
    expect(stdout).toMatch(/^event +[0-9a-f-]{36}$/m);
    expect(stdout).toMatch(/^outcome +ACCEPTED$/m);
    expect(stdout).toMatch(/^listening +orders +STARTED +[0-9a-f]{24}$/m);
  });

  it('sends what the options say, once under one id', async () => {
    writeFileSync(path.join(directory, 'order.json'), '{"order": 4711}');
    const args = ['emit', 'order.placed', '--source', 'shop', '--id', 'order-4711', '--subject', '4711'];
    const all = [...args, '--time', '2026-03-08T07:00:00+01:00', '--data', '@order.json', '-o', 'json'];
    const first = await phi(all);
    const answer = JSON.parse(first.stdout) as { readonly deliveries: { readonly execution_id: string }[] };
    expect(answer).toMatchObject({ id: 'order-4711', outcome: 'ACCEPTED' });
    expect(await json(['get', 'execution', answer.deliveries[0]?.execution_id ?? ''])).toMatchObject({
      parameters: {
        events: [
          {
            specversion: '1.0',
            type: 'order.placed',
            id: 'order-4711',
            source: 'shop',
            subject: '4711',
            time: '2026-03-08T07:00:00+01:00',
            data: { order: 4711 },
          },
        ],
      },
    });
    const again = await phi(all);
    expect(JSON.parse(again.stdout)).toMatchObject({ outcome: 'DUPLICATE', deliveries: [] });
  });

  it('sends a whole event from a file or from standard input', async () => {
    const event = {
      specversion: '1.0',
      source: 'shop',
      type: 'x',
      id: 'whole-1',
      data_base64: 'YQ==',
      tenant: 'eu',
    };
    writeFileSync(path.join(directory, 'event.json'), JSON.stringify(event));
    const file = await phi(['emit', '--event', '@event.json']);
    expect(file).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^event +whole-1\noutcome +ACCEPTED$/m),
    });
    const stdin = await phi(['emit', '--event', '@-'], {
      stdin: JSON.stringify({ ...event, id: undefined }),
    });
    expect(stdin).toMatchObject({ status: 0, stdout: expect.stringMatching(/outcome +ACCEPTED$/m) });
  });

  it('says that nothing takes an event', async () => {
    const { status, stdout, stderr } = await phi(['emit', 'x', '--source', 'nobody']);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'no trigger took this event of the source nobody\n',
    });
    expect(stdout).toMatch(/^outcome +UNMATCHED$/m);
  });

  it.each([
    [['x'], '--source: is required'],
    [['--source', 'shop'], 'type is left out; accepted: what happened, or a whole event with --event'],
    [['x', '--source', 's', '--time', 'noon'], '--time: is not a date and time with an offset'],
    [['x', '--source', 's', '--data', '{'], '--data is not JSON; accepted: JSON, @FILE or @-'],
    [
      ['x', '--source', 's', '--data', '@none.json'],
      '--data names a file that cannot be read (ENOENT): none.json',
    ],
    [['x', '--source', 's', '--data', '{"__proto__": 1}'], '--data.__proto__: is a key that is not allowed'],
    [['x', '--event', '{}'], '--event comes beside type; accepted: --event alone'],
    [['--event', '{}', '--id', 'a', '--source', 's'], '--event comes beside --id, --source'],
    [['--event', '[]'], '--event is not a JSON object'],
    [['--event', '{"type": "x", "source": "s"}'], 'specversion: is required; accepted: "1.0"'],
  ])('sends nothing for %j', async (args, message) => {
    const { status, stdout, stderr } = await phi(['emit', ...args, '--url', 'http://127.0.0.1:1']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('ends with status 2 for what the API finds too large', async () => {
    writeFileSync(path.join(directory, 'large.json'), JSON.stringify('x'.repeat(70_000)));
    const { status, stderr } = await phi(['emit', 'x', '--source', 'shop', '--data', '@large.json']);
    expect(status).toBe(2);
    expect(stderr).toContain('API_006_PAYLOAD_TOO_LARGE: An event has at most 64 KiB');
  });
});

describe('phi pools', () => {
  it('sets a pool, shows it, and lists it with what is held', async () => {
    const set = await phi(['pools', 'set', 'narrow', '--slots', '2', '--cpu-cores', '1.5', '--dedicated']);
    expect(set).toMatchObject({ status: 0, stderr: '' });
    expect(set.stdout).toMatch(/^held +0\/2$/m);
    expect(set.stdout).toMatch(/^state +dedicated$/m);
    await phi(['pools', 'set', 'narrow', '--cpu-cores', 'none', '--no-dedicated']);
    expect(await json(['pools', 'get', 'narrow'])).toMatchObject({
      pool_concurrency_limit: 2,
      cpu_cores: null,
      dedicated: false,
    });
    const { stdout } = await phi(['pools']);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3).join(' | '))).toEqual(
      expect.arrayContaining(['POOL | HELD | CPU', 'narrow | 0/2 | 0/-']),
    );
  });

  it('pauses a pool, resumes it, and removes it', async () => {
    expect(await json(['pools', 'pause', 'narrow'])).toMatchObject({ paused: true });
    expect(await json(['pools', 'resume', 'narrow'])).toMatchObject({ paused: false });
    expect(await phi(['pools', 'rm', 'default'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is named by registered jobs'),
    });
    expect(await phi(['pools', 'rm', 'narrow'])).toMatchObject({ status: 0, stdout: 'removed narrow\n' });
    expect(await phi(['pools', 'get', 'narrow'])).toMatchObject({ status: 1 });
  });

  it.each([
    [['set', 'narrow'], 'has nothing to set; accepted: --slots'],
    [['set', 'narrow', '--slots', 'many'], 'Accepted: a whole number, or none.'],
    [['set', 'narrow', '--slots', '0'], 'pool_concurrency_limit: is below the minimum of 1'],
  ])('refuses %j', async (args, message) => {
    const { status, stderr } = await phi(['pools', ...args]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});

describe('phi limits', () => {
  it('sets limits, and shows them with what is held', async () => {
    const set = await phi([
      'limits',
      'set',
      '--global',
      '40',
      '--job-type',
      'output=3',
      '--job-type',
      'INGESTION=9',
    ]);
    expect(set.status).toBe(0);
    expect(set.stdout).toMatch(/^global +\d+ +40$/m);
    await phi(['limits', 'set', '--job-type', 'OUTPUT=none', '--enforcement-mode', 'reject']);
    const after = (await json(['limits'])) as { limits: Record<string, number>; enforcement_mode: string };
    expect(after).toMatchObject({ limits: { global: 40, 'type:INGESTION': 9 }, enforcement_mode: 'REJECT' });
    expect(after.limits).not.toHaveProperty('type:OUTPUT');
    await phi(['limits', 'set', '--enforcement-mode', 'QUEUE', '--job-type', 'INGESTION=none']);
  });

  it.each([
    [[], 'has nothing to set; accepted: --global'],
    [['--job-type', 'OUTPT=1'], 'Accepted: INGESTION'],
    [['--global', '0'], 'Accepted: a whole number from 1'],
  ])('refuses %j', async (args, message) => {
    const { status, stderr } = await phi(['limits', 'set', ...args]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});

describe('the connection', () => {
  it('is refused in one line when nothing answers', async () => {
    const url = `http://127.0.0.1:${String(await freePort())}`;
    const { status, stdout, stderr } = await phi(['ls', '--url', url]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      `phi: nothing answers at ${url}: start Phi with \`npm start\`, or say where it is with --url or PHI_API_URL\n`,
    );
  });

  it('says what a wrong key and no key mean', async () => {
    const wrong = await phi(['ls', '--key', 'phi_wrong']);
    expect(wrong).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('phi: API_004_UNAUTHENTICATED'),
    });
    const url = readFileSync(path.join(directory, '.phi', 'api.url'), 'utf8').trim();
    const none = await phi(['ls', '--url', url], {
      env: { PHI_DATA_DIR: path.join(directory, 'elsewhere') },
    });
    expect(none).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('asks for a key, and none was found'),
    });
  });

  it('may be lost while something is followed', async () => {
    const runId = await runIdOf(['waiting']);
    const following = phi(['runs', runId, '--follow'], { interruptAfter: 'still trying\n' });
    await api.kill();
    expect(await following).toMatchObject({
      status: 130,
      stderr: expect.stringContaining('the API is away'),
    });
    api = await instance.start('api');
    expect(await json(['get', 'run', runId])).toMatchObject({ status: 'running' });
  });
});

describe('phi fsck', () => {
  it('finds nothing in a store that nothing happened to, and says what it looked at', async () => {
    const answer = await phi(['fsck']);
    expect(answer).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing was found') });
    expect(answer.stdout).toContain('who holds slots is who runs, or is about to');
    const told = (await json(['fsck', '--invariant', '1'])) as { invariants: { checked: number }[] };
    expect(told.invariants[0]?.checked).toBeGreaterThan(0);
  });
});
