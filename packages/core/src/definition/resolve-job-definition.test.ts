import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { DEFAULT_CONFIG } from '../config/parameters.js';
import {
  authoredJobDefinitionSchema,
  JOB_TYPES,
  jobDefinitionSchema,
  TIMEOUT_ACTIONS,
} from '../schema/job-definition.js';
import { loadDefinitions } from './load-definitions.js';
import { resolveJobDefinition } from './resolve-job-definition.js';
import { findUnsupported } from './unsupported.js';

const identifier = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const key = fc
  .string({ maxLength: 10 })
  .filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name));

const schedule = fc.oneof(
  fc.record({
    schedule_type: fc.constant('CRON'),
    cron_expression: fc.constantFrom('0 */15 * * * *', '@daily', '5 4 * * MON'),
  }),
  fc.record({
    schedule_type: fc.constant('INTERVAL'),
    interval_seconds: fc.integer({ min: 1, max: 86_400 }),
  }),
  fc.record({
    schedule_type: fc.constant('ONCE'),
    run_at: fc.constant('2026-03-08T07:00:00Z'),
    timezone: fc.constant('Europe/Berlin'),
  }),
);

const job = fc
  .record({
    job_id: identifier,
    job_type: fc.constantFrom(...JOB_TYPES),
    pipeline_modules: fc.array(fc.constantFrom('ALPHA', 'BETA', 'mine.v2'), { minLength: 1, maxLength: 4 }),
    name: maybe(fc.string({ maxLength: 40 })),
    schedule: maybe(fc.option(schedule)),
    dependencies: maybe(
      fc
        .uniqueArray(identifier, { maxLength: 4 })
        .map((ids) => ids.map((id) => ({ upstream_job_id: `up.${id}` }))),
    ),
    parameters: maybe(
      fc.dictionary(
        key,
        fc.oneof(
          fc.integer(),
          fc.boolean(),
          fc.string(),
          fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })),
        ),
      ),
    ),
    retry_policy: maybe(fc.record({ initial_delay_seconds: fc.integer({ min: 0, max: 86_400 }) })),
    timeout_action: maybe(fc.constantFrom(...TIMEOUT_ACTIONS)),
    timeout_extension_seconds: fc.constant(60),
    enabled: maybe(fc.boolean()),
    skip_outside_window: maybe(fc.boolean()),
    resources: maybe(fc.record({ priority_boost_on_age: fc.boolean() })),
    tags: maybe(fc.array(fc.string({ minLength: 1, maxLength: 10 }))),
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe('resolveJobDefinition', () => {
  it('answers a whole JobDefinition, which is its own resolution', () => {
    fc.assert(
      fc.property(job, (value) => {
        const resolved = resolveJobDefinition(authoredJobDefinitionSchema.parse(value), DEFAULT_CONFIG);
        expect(resolved).toMatchObject(value as object);
        expect(jobDefinitionSchema.parse(resolved)).toEqual(resolved);
        expect(resolveJobDefinition(authoredJobDefinitionSchema.parse(resolved), DEFAULT_CONFIG)).toEqual(
          resolved,
        );
      }),
    );
  });

  it('reads back from YAML and JSON what was written', () => {
    fc.assert(
      fc.property(job, (value) => {
        fc.pre(findUnsupported(value).length === 0);
        // The writer does not put this name in quotes, and the reader merges.
        fc.pre(!JSON.stringify(value).includes('"<<":'));
        for (const text of [stringify(value), JSON.stringify(value, undefined, '\t')]) {
          const { definitions, problems } = loadDefinitions([{ file: 'job', text }]);
          expect(problems).toEqual([]);
          expect(definitions.jobs).toEqual([value]);
        }
      }),
    );
  });

  it('takes the job before the namespace, and the namespace before the configuration', () => {
    const authored = authoredJobDefinitionSchema.parse({
      job_id: 'etl',
      job_type: 'OUTPUT',
      pipeline_modules: ['GAMMA'],
      schedule: { schedule_type: 'INTERVAL', interval_seconds: 60 },
      retry_policy: { max_attempts: 7 },
    });
    const config = { ...DEFAULT_CONFIG, RETRY_DEFAULT_INITIAL_DELAY_SECONDS: 11, SCHEDULER_CATCHUP_LIMIT: 4 };
    const resolved = resolveJobDefinition(authored, config, {
      retry_policy: { max_attempts: 5, jitter_factor: 0.5 },
      schedule: { timezone: 'Asia/Tokyo', max_catchup_runs: 50 },
      timeout_seconds: 10,
    });
    expect(resolved.retry_policy).toMatchObject({
      max_attempts: 7,
      jitter_factor: 0.5,
      initial_delay_seconds: 11,
    });
    expect(resolved.schedule).toMatchObject({
      schedule_id: 'etl.schedule',
      timezone: 'Asia/Tokyo',
      max_catchup_runs: 4,
      tolerance_seconds: 60,
    });
    expect(resolved.timeout_seconds).toBe(10);
  });

  it('lets dependencies start a job that nothing else starts', () => {
    const base = {
      job_id: 'b',
      job_type: 'OUTPUT' as const,
      pipeline_modules: ['GAMMA'],
      dependencies: [{ upstream_job_id: 'a' }],
    };
    expect(resolveJobDefinition(base, DEFAULT_CONFIG).trigger_on_dependencies).toBe(true);
    const scheduled = { ...base, schedule: { schedule_type: 'INTERVAL' as const, interval_seconds: 60 } };
    expect(resolveJobDefinition(scheduled, DEFAULT_CONFIG).trigger_on_dependencies).toBe(false);
    expect(
      resolveJobDefinition({ ...scheduled, trigger_on_dependencies: true }, DEFAULT_CONFIG)
        .trigger_on_dependencies,
    ).toBe(true);
  });

  it('gives way on the delay that is not written', () => {
    const base = { job_id: 'b', job_type: 'OUTPUT' as const, pipeline_modules: ['GAMMA'] };
    const delays = (retry_policy: object): unknown => {
      const { initial_delay_seconds, max_delay_seconds } = resolveJobDefinition(
        { ...base, retry_policy },
        DEFAULT_CONFIG,
      ).retry_policy;
      return [initial_delay_seconds, max_delay_seconds];
    };
    expect(delays({ initial_delay_seconds: 7200 })).toEqual([7200, 7200]);
    expect(delays({ max_delay_seconds: 5 })).toEqual([5, 5]);
  });
});
