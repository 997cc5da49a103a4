import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('what comes in', () => {
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApiFixture('input');
  });
  afterAll(() => api.close());

  const post = (body: string, headers: Record<string, string> = JSON_TYPE): ReturnType<ApiFixture['send']> =>
    api.send('POST', '/v1/validate', { body, headers });

  it.each([
    ['a text', 'jobs', { 'content-type': 'text/plain' }, 415],
    ['a form', 'jobs=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['JSON under another name', '{"jobs":[]}', { 'content-type': 'text/json' }, 415],
    ['no JSON', '{"jobs":', JSON_TYPE, 400],
    ['nothing', '', JSON_TYPE, 400],
    ['a key that reaches the prototype', '{"jobs":[],"__proto__":{"a":1}}', JSON_TYPE, 400],
    ['one deep inside', '{"jobs":[{"parameters":{"x":{"__proto__":{"a":1}}}}]}', JSON_TYPE, 400],
    ['a constructor with a prototype', '{"jobs":[],"constructor":{"prototype":{"a":1}}}', JSON_TYPE, 400],
    ['too much', JSON.stringify({ jobs: [], reason: 'x'.repeat(1024 * 1024) }), JSON_TYPE, 413],
    ['a number', '7', JSON_TYPE, 422],
    ['a list', '[]', JSON_TYPE, 422],
    ['half a million brackets', '['.repeat(500_000), JSON_TYPE, 400],
    ['half a million nested lists', `${'['.repeat(500_000)}${']'.repeat(500_000)}`, JSON_TYPE, 422],
  ])('refuses %s', async (_name, body, headers, status) => {
    const answer = await post(body, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    const problem = answer.json<{ status: number; code: string; instance: string }>();
    expect(problem.status).toBe(status);
    expect(problem.code).toMatch(/^API_\d{3}_/);
    expect(problem.instance).toBe(answer.headers['x-request-id']);
    expect(answer.body).not.toMatch(/node_modules|at \w+ \(/);
  });

  it('refuses parameters that are nested too deeply, or have a key that reaches a prototype', async () => {
    const job = (parameters: string): string =>
      `{"jobs":[{"job_id":"a","job_type":"OUTPUT","pipeline_modules":["GAMMA"],"parameters":${parameters}}]}`;
    const deep = await post(job(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`));
    expect(deep.statusCode).toBe(422);
    expect(deep.json()).toMatchObject({
      problems: [{ field: expect.stringContaining('jobs[0].parameters'), reason: 'is nested too deeply' }],
    });
    const constructor = await post(job('{"constructor":1}'));
    expect(constructor.statusCode).toBe(422);
    expect(constructor.json()).toMatchObject({ problems: [{ field: 'jobs[0].parameters.constructor' }] });
  });

  it('names what is wrong in a query, and the field that was meant', async () => {
    const answer = await api.send('GET', '/v1/executions?limit=0&statu=RUNNING&cursor=nonsense');
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      problems: expect.arrayContaining([
        { field: 'limit', reason: 'is below the minimum of 1', accepted: 'a whole number from 1 to 500' },
        { field: 'cursor', reason: 'is not a cursor', accepted: 'the next_cursor of the page before' },
        {
          field: 'statu',
          reason: 'is not a known field; did you mean status?',
          accepted: 'status, job_id, limit, cursor',
        },
      ]),
    });
  });

  it('answers in proportion, however much is wrong', async () => {
    const wrong = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${String(index)}`, 1]));
    const answer = await post(JSON.stringify({ jobs: [], ...wrong }));
    expect(answer.statusCode).toBe(422);
    const { problems } = answer.json<{ problems: { reason: string }[] }>();
    expect(problems).toHaveLength(201);
    expect(problems.at(-1)?.reason).toBe('has 49800 more problems');
  });

  it('is not held up by thousands of dependencies on jobs that are not there', async () => {
    const jobs = Array.from({ length: 5000 }, (_, index) => ({
      job_id: `job-with-a-name-${String(index)}`,
      job_type: 'OUTPUT',
      pipeline_modules: ['GAMMA'],
      dependencies: [{ upstream_job_id: `jib-with-a-nama-${String(index)}` }],
    }));
    const answer = await post(JSON.stringify({ jobs }));
    expect(answer.statusCode).toBe(200);
    const { warnings } = answer.json<{ warnings: { accepted: string }[] }>();
    expect(warnings[0]?.accepted).toContain('job-with-a-name-');
    expect(warnings).toHaveLength(201);
  });

  it('answers a path that cannot be decoded with a problem', async () => {
    const answer = await api.send('GET', '/v1/jobs/%E0%A4%A');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ]);
  });
});
