import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';
import { applyAnswerSchema, type ApplyAnswer } from './apply-answer.js';

const job = (job_id: string, more: object = {}): object => ({
  job_id,
  job_type: 'TRANSFORMATION',
  pipeline_modules: ['BETA'],
  ...more,
});
const after = (...upstream: string[]): object => ({
  dependencies: upstream.map((upstream_job_id) => ({ upstream_job_id })),
});

describe('definitions', () => {
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApiFixture('definitions', { config: { SCHEDULER_MAX_FIRINGS_PER_SECOND: 1.5 } });
  });
  afterAll(() => api.close());

  async function apply(
    body: object,
    url = '/v1/apply',
    as: 'editor' | 'admin' = 'admin',
  ): Promise<ApplyAnswer> {
    const answer = await api.send('POST', url, { body, as });
    expect([answer.statusCode, answer.statusCode === 200 ? '' : answer.body]).toEqual([200, '']);
    return applyAnswerSchema.parse(answer.json());
  }
  const registered = async (): Promise<string[]> =>
    (await api.send('GET', '/v1/jobs?limit=500'))
      .json<{ items: { job_id: string }[] }>()
      .items.map(({ job_id }) => job_id);

  it('are registered together, and the same again change nothing', async () => {
    const body = { jobs: [job('first'), job('second', after('first'))], reason: 'to begin with' };
    const done = await apply(body, '/v1/apply', 'editor');
    expect(done.changes).toEqual([
      { job_id: 'first', change: 'CREATED', revision: 1 },
      { job_id: 'second', change: 'CREATED', revision: 1 },
    ]);
    expect(done.graph).toMatchObject({
      execution_order: [['first'], ['second']],
      is_valid: true,
      critical_path: ['first', 'second'],
    });
    expect((await apply(body)).changes.map(({ change }) => change)).toEqual(['UNCHANGED', 'UNCHANGED']);
    expect((await apply({ jobs: [job('first', { description: 'more' })] })).changes).toEqual([
      { job_id: 'first', change: 'UPDATED', revision: 2 },
    ]);
  });

  it('have their history with author and reason, which outlives them', async () => {
    await apply({ jobs: [job('kept')], reason: 'because' }, '/v1/apply', 'editor');
    const removed = await api.send('DELETE', '/v1/jobs/kept', { as: 'editor' });
    expect(removed.json()).toEqual({ changes: [{ job_id: 'kept', change: 'REMOVED', revision: 1 }] });
    expect((await api.send('GET', '/v1/jobs/kept')).statusCode).toBe(404);
    expect((await api.send('DELETE', '/v1/jobs/kept')).statusCode).toBe(404);
    await apply({ jobs: [job('kept')] });
    const versions = (await api.send('GET', '/v1/jobs/kept/versions')).json<{ items: object[] }>().items;
    expect(versions).toMatchObject([
      { revision: 2, author: 'a admin', reason: null },
      { revision: 1, author: 'a editor', reason: 'because', definition: { job_id: 'kept' } },
    ]);
  });

  it.each(['/v1/apply', '/v1/validate'])(
    'are refused at POST %s for wrong parameters of a module, as on the command line',
    async (url) => {
      const wrong = job('wrong', { parameters: { BETA: { profile: { sequel: 'SELECT 1' } } } });
      const answer = await api.send('POST', url, { body: { jobs: [wrong] } });
      const text = answer.body;
      expect(text).toContain('jobs[0].parameters.BETA.profile.sql');
      expect(text).toContain('"is required"');
      expect(text).toContain('jobs[0].parameters.BETA.profile.sequel');
      expect(await registered()).not.toContain('wrong');
    },
  );

  it.each(['/v1/apply?dry_run=true', '/v1/validate'])('change nothing at POST %s', async (url) => {
    const before = await api.send('GET', '/v1/limits');
    const answer = await apply({ jobs: [job('imagined')], limits: { global_max_concurrent: 7 } }, url);
    expect(answer).toMatchObject({
      dry_run: true,
      changes: [{ job_id: 'imagined', change: 'CREATED', revision: 1 }],
    });
    expect(await registered()).not.toContain('imagined');
    expect((await api.send('GET', '/v1/limits')).json()).toEqual(before.json());
  });

  it('are told what a dry run would change', async () => {
    const schedule = { schedule_type: 'CRON', cron_expression: '0 0 1 1 *' };
    await apply({ jobs: [job('planned', { schedule }), job('planned2', after('planned'))] });
    const jobs = [
      job('planned', { schedule: { ...schedule, cron_expression: '0 0 1 7 *' } }),
      job('planned2'),
      job('planned3', after('planned2')),
    ];
    const answer = await apply({ jobs }, '/v1/apply?dry_run=true');
    expect(answer.changes).toMatchObject([
      {
        job_id: 'planned',
        change: 'UPDATED',
        fields: [{ field: 'schedule.cron_expression', before: '0 0 1 1 *', after: '0 0 1 7 *' }],
      },
      { job_id: 'planned2', fields: [{ field: 'dependencies[0]', before: { upstream_job_id: 'planned' } }] },
      { job_id: 'planned3', change: 'CREATED', revision: 1 },
    ]);
    expect(answer.edges).toMatchObject({
      added: [{ from: 'planned2', to: 'planned3' }],
      removed: [{ from: 'planned', to: 'planned2' }],
    });
    expect(answer.schedules).toMatchObject([{ schedule_id: 'planned.schedule', timezone: 'UTC' }]);
    const [times] = answer.schedules ?? [];
    expect(times?.before.map((time) => time.slice(4))).toEqual(Array(3).fill('-01-01T00:00:00.000Z'));
    expect(times?.after.map((time) => time.slice(4))).toEqual(Array(3).fill('-07-01T00:00:00.000Z'));
    expect(await apply({ jobs: [] })).not.toHaveProperty('edges');
    for (const name of ['planned', 'planned2']) await api.send('DELETE', `/v1/jobs/${name}`);
  });

  it('can be put one by one, under their own name only', async () => {
    const put = await api.send('PUT', '/v1/jobs/single', { body: job('single'), as: 'editor' });
    expect(put.json()).toMatchObject({ dry_run: false, changes: [{ job_id: 'single', change: 'CREATED' }] });
    const other = await api.send('PUT', '/v1/jobs/single', { body: job('another') });
    expect([other.statusCode, other.json()]).toMatchObject([
      422,
      { problems: [{ field: 'job_id', accepted: 'single' }] },
    ]);
    const wrong = await api.send('PUT', '/v1/jobs/single', {
      body: job('single', { requires_approval: true }),
    });
    expect(wrong.json()).toMatchObject({ problems: [{ field: 'requires_approval', accepted: 'false' }] });
  });

  it('form no cycle: the whole set is refused, with the path', async () => {
    const refused = await api.send('POST', '/v1/apply', {
      body: { jobs: [job('x', after('z')), job('y', after('x')), job('z', after('y')), job('apart')] },
    });
    expect(refused.statusCode).toBe(422);
    const problem = refused.json<{ code: string; detail: string; problems: { value: string[] }[] }>();
    expect(problem.code).toBe('DEP_002_CYCLE_DETECTED');
    const path = problem.problems[0]?.value ?? [];
    expect(path).toHaveLength(4);
    expect(path[0]).toBe(path[3]);
    expect(new Set(path)).toEqual(new Set(['x', 'y', 'z']));
    expect(problem.detail).toContain(path.join(' → '));
    expect(problem.detail).toContain('Remove one dependency of each');
    expect(await registered()).not.toContain('apart');
  });

  it('fire no more often than the limit: the whole set is refused, with those that ask most', async () => {
    const every = (interval_seconds: number): object => ({
      schedule: { schedule_type: 'INTERVAL', interval_seconds },
    });
    await apply({ jobs: [job('often', every(1))] });
    const jobs = [job('quiet'), job('loud', every(1))];
    for (const url of ['/v1/apply', '/v1/validate']) {
      const refused = await api.send('POST', url, { body: { jobs } });
      expect([refused.statusCode, refused.json()]).toMatchObject([
        422,
        {
          code: 'SCHED_005_TOO_FREQUENT',
          detail:
            'All schedules together would fire at a rate of 2 a second, above the 1.5 of SCHEDULER_MAX_FIRINGS_PER_SECOND. Nothing was changed.',
          problems: [
            { field: 'often.schedule', reason: 'fires at a rate of 1 a second', value: 'often.schedule' },
            { field: 'jobs[1].schedule', value: 'loud.schedule' },
          ],
        },
      ]);
    }
    const put = await api.send('PUT', '/v1/jobs/loud', { body: job('loud', every(1)) });
    expect(put.json()).toMatchObject({ problems: [{ field: 'often.schedule' }, { field: 'schedule' }] });
    expect(await registered()).not.toContain('quiet');
    await api.send('DELETE', '/v1/jobs/often');
  });

  it('are told every cycle at once, each at a dependency that is in it', async () => {
    const jobs = [
      job('p', after('q')),
      job('q', after('p')),
      job('r', after('s')),
      job('s', after('apart', 'r')),
    ];
    const { detail, problems } = (await api.send('POST', '/v1/apply', { body: { jobs } })).json<{
      detail: string;
      problems: object[];
    }>();
    expect(detail).toContain('in 2 circles: p → q → p; r → s → r.');
    expect(problems).toMatchObject([
      { field: 'jobs[1].dependencies[0].upstream_job_id', value: ['p', 'q', 'p'] },
      { field: 'jobs[3].dependencies[1].upstream_job_id', value: ['r', 's', 'r'] },
    ]);
  });

  it('may name an upstream job that is not there yet, with a warning', async () => {
    await apply({ jobs: [job('airports')] });
    const { warnings } = await apply({ jobs: [job('joined', after('airport'))] });
    expect(warnings).toMatchObject([
      { field: 'jobs[0].dependencies[0].upstream_job_id', accepted: 'airports', value: 'airport' },
    ]);
  });

  it('bring limits with them, for those who may configure', async () => {
    const body = {
      jobs: [],
      limits: { global_max_concurrent: 9, job_types: { OUTPUT: 2 } },
      pools: [{ name: 'narrow', pool_concurrency_limit: 1 }],
    };
    expect((await api.send('POST', '/v1/apply', { body, as: 'editor' })).statusCode).toBe(403);
    await apply(body);
    const limits = { global: 9, 'type:OUTPUT': 2, 'pool:narrow': 1 };
    expect((await api.send('GET', '/v1/limits', { as: 'viewer' })).json()).toMatchObject({
      limits,
      held: { global: 0 },
    });
    await apply({ jobs: [], pools: [{ name: 'narrow', pool_concurrency_limit: null }] });
    expect((await api.send('GET', '/v1/limits')).json<{ limits: object }>().limits).toEqual({
      global: 9,
      'type:OUTPUT': 2,
    });
  });

  it('are refused whole, each problem with field, reason and what would be accepted', async () => {
    await apply({
      jobs: [job('owner', { schedule: { schedule_type: 'INTERVAL', interval_seconds: 3600 } })],
    });
    const invalid: [name: string, body: object, problem: object][] = [
      ['no jobs', {}, { field: 'jobs', reason: 'is required' }],
      [
        'a key that is not known',
        { jobs: [], limit: {} },
        { field: 'limit', reason: 'is not a known field; did you mean limits?' },
      ],
      [
        'a type that is not known',
        { jobs: [job('a', { job_type: 'TRANSFORM' })] },
        { field: 'jobs[0].job_type', accepted: 'INGESTION, TRANSFORMATION, OUTPUT, COMPOSITE' },
      ],
      [
        'a field that is misspelt',
        { jobs: [job('a', { timeout_second: 5 })] },
        { field: 'jobs[0].timeout_second', reason: 'is not a known field; did you mean timeout_seconds?' },
      ],
      [
        'a name with a colon',
        { jobs: [job('a:b')] },
        { field: 'jobs[0].job_id', reason: 'is not a valid identifier' },
      ],
      [
        'a cron field out of range',
        { jobs: [job('a', { schedule: { schedule_type: 'CRON', cron_expression: '61 * * * *' } })] },
        { field: 'jobs[0].schedule.cron_expression', reason: expect.stringContaining('minute') },
      ],
      [
        'a time zone that is not known',
        {
          jobs: [
            job('a', {
              schedule: { schedule_type: 'CRON', cron_expression: '0 * * * *', timezone: 'Mars/Base' },
            }),
          ],
        },
        { field: 'jobs[0].schedule.timezone', accepted: expect.stringContaining('IANA') },
      ],
      [
        'a time out of range',
        { jobs: [job('a'), job('b', { timeout_seconds: 0 })] },
        { field: 'jobs[1].timeout_seconds', reason: 'is below the minimum of 1' },
      ],
      [
        'a job twice',
        { jobs: [job('a'), job('a')] },
        { field: 'jobs[1].job_id', reason: 'repeats jobs[0].job_id' },
      ],
      [
        'a dependency on itself',
        { jobs: [job('a', after('a'))] },
        { field: 'jobs[0].dependencies[0].upstream_job_id', accepted: 'another job' },
      ],
      [
        'a filter that cannot be read',
        {
          jobs: [
            job('a', { triggers: [{ trigger_type: 'WEBHOOK', source: 'x', filter: 'event.size = 3' }] }),
          ],
        },
        {
          field: 'jobs[0].triggers[0].filter',
          reason: 'character 12: "=" is not expected here',
          accepted: '==',
        },
      ],
      [
        'a parameter_schema that is none',
        { jobs: [job('a', { parameter_schema: { properties: { limit: { type: 'int' } } } })] },
        {
          field: 'jobs[0].parameter_schema.properties.limit.type',
          reason: 'is not one of the values allowed',
        },
      ],
      [
        'what is not supported yet',
        {
          jobs: [job('a', { requires_approval: true })],
        },
        { field: 'jobs[0].requires_approval', accepted: 'false' },
      ],
      [
        "another job's schedule",
        {
          jobs: [
            job('a', {
              schedule: { schedule_id: 'owner.schedule', schedule_type: 'INTERVAL', interval_seconds: 60 },
            }),
          ],
        },
        { field: 'jobs[0].schedule.schedule_id', reason: 'belongs to the job owner' },
      ],
      [
        'a pool twice',
        { jobs: [], pools: [{ name: 'p' }, { name: 'p' }] },
        { field: 'pools[1].name', reason: 'repeats pools[0].name' },
      ],
      [
        'a capacity below nothing',
        { jobs: [], pools: [{ name: 'p', cpu_cores: -1 }] },
        { field: 'pools[0].cpu_cores' },
      ],
      [
        'a limit of zero',
        { jobs: [], limits: { global_max_concurrent: 0 } },
        { field: 'limits.global_max_concurrent', reason: 'is below the minimum of 1' },
      ],
    ];
    const before = await registered();
    for (const [name, body, problem] of invalid) {
      const answer = await api.send('POST', '/v1/apply', { body });
      const { code, problems = [] } = answer.json<{
        code: string;
        problems?: { reason: string; accepted: string }[];
      }>();
      expect([name, answer.statusCode, code]).toEqual([name, 422, 'API_001_VALIDATION_FAILED']);
      expect([name, problems]).toEqual([name, expect.arrayContaining([expect.objectContaining(problem)])]);
      expect([name, problems.every(({ reason, accepted }) => reason !== '' && accepted !== '')]).toEqual([
        name,
        true,
      ]);
    }
    expect(await registered()).toEqual(before);
  });

  it('are listed by name, page by page', async () => {
    const all = await registered();
    const paged: string[] = [];
    for (let cursor = ''; ;) {
      const page = (await api.send('GET', `/v1/jobs?limit=2${cursor}`)).json<{
        items: { job_id: string }[];
        next_cursor?: string;
      }>();
      paged.push(...page.items.map(({ job_id }) => job_id));
      if (page.next_cursor === undefined) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(all.length).toBeGreaterThan(4);
    expect(paged).toEqual(all);
    expect(all).toEqual([...all].sort());
  });
});
