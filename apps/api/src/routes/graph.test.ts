import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dependencyGraphSchema } from '@phi/core';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const job = (job_id: string, ...upstreams: string[]): object => ({
  job_id,
  job_type: 'TRANSFORMATION',
  pipeline_modules: ['BETA'],
  dependencies: upstreams.map((upstream_job_id) => ({ upstream_job_id, dependency_type: 'COMPLETION' })),
});

describe('GET /v1/graph', () => {
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApiFixture('graph');
    const jobs = [job('a'), job('b', 'a'), job('c', 'b'), job('d', 'b', 'x'), job('x'), job('apart')];
    expect((await api.send('POST', '/v1/apply', { body: { jobs } })).statusCode).toBe(200);
  });
  afterAll(() => api.close());

  const graph = async (query = ''): Promise<ReturnType<typeof dependencyGraphSchema.parse>> =>
    dependencyGraphSchema.parse((await api.send('GET', `/v1/graph${query}`, { as: 'viewer' })).json());

  it('answers the graph of all jobs', async () => {
    expect(await graph()).toMatchObject({
      jobs: ['a', 'apart', 'b', 'c', 'd', 'x'],
      execution_order: [['a', 'apart', 'x'], ['b'], ['c', 'd']],
      critical_path: ['a', 'b', 'c'],
      is_valid: true,
    });
  });

  it('answers that around a job, up to a depth', async () => {
    const whole = await graph();
    expect(await graph('?job=d')).toMatchObject({
      graph_id: whole.graph_id,
      jobs: ['a', 'b', 'd', 'x'],
      critical_path: ['a', 'b', 'd'],
    });
    expect(await graph('?job=d&depth=1')).toMatchObject({
      jobs: ['b', 'd', 'x'],
      execution_order: [['b', 'x'], ['d']],
    });
    expect((await graph('?job=apart')).edges).toEqual([]);
  });

  it.each([
    ['mermaid', 'flowchart LR\n  job0["b"]\n  job1["c"]\n  job0 -->|COMPLETION| job1\n'],
    ['dot', '"b" -> "c" [label="COMPLETION"];\n}\n'],
  ])('draws it as %s', async (format, drawing) => {
    const answer = await api.send('GET', `/v1/graph?format=${format}&job=c&depth=1`);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.body).toContain(drawing);
  });

  it('has the critical path by nodes where no job has run yet', async () => {
    const byNodes = await graph();
    expect(await graph('?critical_path=duration')).toEqual(byNodes);
  });

  it('says what is wrong with the question', async () => {
    const unknown = await api.send('GET', '/v1/graph?job=apar');
    expect([unknown.statusCode, unknown.json()]).toMatchObject([
      404,
      { problems: [{ field: 'job', accepted: expect.stringContaining('apart'), value: 'apar' }] },
    ]);
    for (const [query, field] of [
      ['depth=1', 'depth'],
      ['job=a&depth=0', 'depth'],
      ['format=svg', 'format'],
      ['jobs=a', 'jobs'],
    ] as const) {
      const answer = await api.send('GET', `/v1/graph?${query}`);
      expect([query, answer.statusCode, answer.json()]).toMatchObject([
        query,
        400,
        { problems: [{ field }] },
      ]);
    }
  });
});
