import { DEFAULT_CONFIG, resolveJobDefinition, type AuthoredJobDefinition } from '@phi/core';
import { applyDefinitions } from '@phi/engine';
import { openServices, type OpenServices } from '@phi/service';
import { createLogger } from '@phi/telemetry';
import { testRedis, type TestRedis } from '@phi/testkit';
import type { IntakeAnswer } from '@phi/queues';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { takeManualTrigger } from './manual-intake.js';

const JOBS: readonly Partial<AuthoredJobDefinition>[] = [
  { job_id: 'daily-report', parameters: { kept: 1, day: 'today' }, locked_parameters: ['kept'] },
  { job_id: 'switched-off', enabled: false },
  { job_id: 'whenever', resources: { priority: -1 } },
];

const BASE: AuthoredJobDefinition = { job_id: 'x', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };

describe('takeManualTrigger', () => {
  let corner: TestRedis;
  let open: OpenServices;
  let messages = 0;

  beforeAll(async () => {
    corner = testRedis('manual');
    const { url: redisUrl, namespace } = corner;
    open = openServices(
      { redisUrl, namespace, dataDir: '.', logLevel: 'silent', config: DEFAULT_CONFIG },
      createLogger('scheduler', 'silent'),
    );
    await open.redis.ping();
    const definitions = JOBS.map((job) => resolveJobDefinition({ ...BASE, ...job }, DEFAULT_CONFIG));
    await applyDefinitions(open.services, { definitions, author: 'tester' });
  });
  afterAll(async () => {
    await open.close();
    await corner.cleanup();
  });

  const take = (data: unknown, id = `m-${String(++messages)}`): Promise<IntakeAnswer> =>
    takeManualTrigger(open.services, { id, data });

  async function started(data: object, id?: string) {
    const answer = await take({ job_id: 'daily-report', ...data }, id);
    if (answer.kind !== 'done') throw new Error(JSON.stringify(answer));
    const value = answer.value as { execution_id: string; run_id: string; status: string; created: boolean };
    const record = await open.services.executions.get(value.execution_id);
    return { value, record };
  }

  it('starts a run, and says what it started', async () => {
    const { value, record } = await started({ parameters: { day: 'yesterday' } });
    expect(value).toEqual({
      execution_id: record?.execution_id,
      run_id: record?.execution_id,
      status: 'QUEUED',
      created: true,
    });
    expect(record).toMatchObject({ trigger_type: 'MANUAL', parameters: '{"day":"yesterday"}' });
    expect(record?.history[0]?.actor).toBe('queue:phi_manual');
  });

  it('starts one run for a message, however often it is delivered', async () => {
    const first = await started({}, 'twice');
    const second = await started({}, 'twice');
    expect(second.value).toEqual({ ...first.value, created: false });
    expect(first.record?.trigger_id).toBe('twice');
  });

  it('lets others pass a message that an exhausted resource keeps out, until it recovers', async () => {
    const { exhaustion } = open.services;
    const full = {
      source: 'REDIS',
      resource_type: 'MEMORY',
      code: 'RES_001_MEMORY_EXHAUSTED',
      usage: 0.95,
      threshold: 0.9,
      actions: ['REJECT_LOW_PRIORITY'],
      reject_below: 0,
    } as const;
    await exhaustion.report({ measurer: 'recovery', lapses_ms: 60_000, exhausted: [full] });
    const message = { job_id: 'whenever' };
    await expect(take(message, 'later')).rejects.toMatchObject({ code: 'RES_001_MEMORY_EXHAUSTED' });
    await started({});
    await exhaustion.report({ measurer: 'recovery', lapses_ms: 60_000, exhausted: [] });
    expect(await take(message, 'later')).toMatchObject({ kind: 'done', value: { created: true } });
  });

  it('starts one run for an idempotency key, in however many messages', async () => {
    const first = await started({ idempotency_key: 'order-4711' });
    const second = await started({ idempotency_key: 'order-4711' });
    expect(second.value.execution_id).toBe(first.value.execution_id);
  });

  it.each([
    [
      'an unknown job',
      { job_id: 'daily-reprot' },
      'job_id',
      /no job has the name .*; did you mean daily-report\?/,
    ],
    ['a disabled job', { job_id: 'switched-off' }, 'job_id', /is not enabled/],
    ['no job', {}, 'job_id', /is required/],
    ['an unknown field', { job_id: 'x', parameter: {} }, 'parameter', /did you mean parameters\?/],
    [
      'a locked parameter',
      { job_id: 'daily-report', parameters: { kept: 2 } },
      'parameters.kept',
      /^is locked/,
    ],
    ['parameters that are none', { job_id: 'x', parameters: [1] }, 'parameters', /is not a mapping/],
    ['a bad key', { job_id: 'x', idempotency_key: 'a b' }, 'idempotency_key', /is not an idempotency key/],
    ['a message written as text', '{"job_id":"daily-report","token":"hunter2"}', '', /^is not a mapping$/],
    ['a list', [], '', /^is not a mapping$/],
    ['nothing', null, '', /^is not a mapping$/],
  ])('refuses %s', async (_what, data, field, reason) => {
    const answer = await take(data);
    if (answer.kind !== 'refused') throw new Error(JSON.stringify(answer));
    expect(answer.problems).toEqual([
      expect.objectContaining({
        field,
        reason: expect.stringMatching(reason),
        accepted: expect.stringMatching(/./),
      }),
    ]);
    expect(answer.problems[0]?.reason).not.toContain('hunter2');
  });

  it('names everything that is wrong at once', async () => {
    const answer = await take({ job_id: ' ', propagate: 'yes', parameters: 1 });
    if (answer.kind !== 'refused') throw new Error(JSON.stringify(answer));
    expect(answer.problems.map(({ field }) => field).sort()).toEqual(['job_id', 'parameters', 'propagate']);
  });

  it('leaves a message to others whose execution it cannot read', async () => {
    const { value } = await started({ idempotency_key: 'damaged' });
    await open.redis.set(`phi:{${corner.namespace}/0}:x:${value.execution_id}`, 'damaged');
    await expect(take({ job_id: 'daily-report', idempotency_key: 'damaged' })).rejects.toMatchObject({
      code: 'STATE_002_QUEUE_STATE_CORRUPT',
    });
  });
});
