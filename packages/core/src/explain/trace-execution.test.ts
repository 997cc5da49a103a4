import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { DEFAULT_CONFIG } from '../config/parameters.js';
import { resolveJobDefinition } from '../definition/resolve-job-definition.js';
import type { ExecutionRecord } from '../ports/execution-store.js';
import { EVALUATION_ORDER } from '../rules/evaluation-order.js';
import { TRIGGER_TYPES } from '../schema/execution.js';
import type { ExplainedHold } from '../schema/explanation.js';
import { EXECUTION_STATUSES } from '../state/status.js';
import { HOLD_KIND_NAMES, HOLD_KINDS } from './hold-kinds.js';
import { traceExecution } from './trace-execution.js';
import type { TraceFacts } from './trace-facts.js';

const NOW = 1_800_000_000_000;

const PENDING: ExecutionRecord = {
  execution_id: 'x',
  job_id: 'a',
  status: 'PENDING',
  revision: 1,
  run_id: 'x',
  pass: 1,
  plan_id: 'p',
  job_revision: 1,
  job_type: 'INGESTION',
  resource_pool: 'default',
  priority: 0,
  trigger_type: 'MANUAL',
  trigger_id: 't',
  scheduled_time: NOW,
  created_time: NOW,
  attempt_number: 1,
  lost_attempts: 0,
  manual: true,
  history: [],
};

const factsOf = (record: Partial<ExecutionRecord>, more: Partial<TraceFacts> = {}): TraceFacts => ({
  record: { ...PENDING, ...record },
  definition: undefined,
  job: undefined,
  dependencies: [],
  holds: [],
  running: null,
  ...more,
});

const optional = <Value>(of: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(of, { nil: undefined });
const instants = fc.integer({ min: NOW, max: NOW + 1_000_000 });

const records = fc
  .record({
    status: fc.constantFrom(...EXECUTION_STATUSES),
    trigger_type: fc.constantFrom(...TRIGGER_TYPES),
    attempt_number: fc.integer({ min: 1, max: 3 }),
    queued_time: optional(instants),
    started_time: optional(instants),
    reason: optional(
      fc.constantFrom('DEP_003_TIMEOUT', 'SKIP_004_JOB_DISABLED', 'EXEC_011_TIMEOUT', 'OTHER'),
    ),
  })
  .map((drawn) => Object.fromEntries(Object.entries(drawn).filter(([, of]) => of !== undefined)));

const holdOf = (kind: ExplainedHold['kind']): ExplainedHold => ({
  kind,
  rule: HOLD_KINDS[kind].rule,
  because: kind,
  until: null,
  behind: null,
  limit: null,
});

describe('traceExecution', () => {
  it('tells of every step, in their order, whatever has become of it', () => {
    fc.assert(
      fc.property(records, (record) => {
        const steps = traceExecution(factsOf(record)).map(({ step }) => step);
        expect([...new Set(steps)]).toEqual(EVALUATION_ORDER.map(({ step }) => step));
        expect(steps).toEqual(steps.toSorted((a, b) => a - b));
      }),
    );
  });

  it.each(HOLD_KIND_NAMES)(
    'places %s at its step, under its rule, in place of what would have passed',
    (kind) => {
      const { step, rule, verdict } = HOLD_KINDS[kind];
      const trace = traceExecution(
        factsOf({ status: 'QUEUED', queued_time: NOW }, { holds: [holdOf(kind)] }),
      );
      const entries = trace.filter((entry) => entry.step === step);
      expect(entries).toMatchObject([{ rule, verdict, because: kind }]);
    },
  );

  it('goes on from the verdict that was kept of what is still held', () => {
    const window = { from: NOW, opens: NOW + 1000, closes: Infinity, skip: false, lane: '' };
    const decided = [{ rule: 17, verdict: 'HOLD', time: NOW, window, is_retry: false }] as const;
    const until = new Date(NOW + 1000).toISOString();
    const held = factsOf({ decided }, { holds: [{ ...holdOf('WINDOW'), until }] });
    expect(traceExecution(held).filter(({ step }) => step === 1)).toEqual([
      {
        step: 1,
        name: 'Execution Window Check',
        rule: 17,
        verdict: 'HOLD',
        time: new Date(NOW).toISOString(),
        because: 'WINDOW',
        inputs: { window: { ...window, closes: null }, is_retry: false, until },
      },
    ]);
    const passed = factsOf({ decided, status: 'QUEUED', queued_time: NOW + 2000 });
    expect(traceExecution(passed).flatMap(({ step, verdict }) => (step === 1 ? verdict : []))).toEqual([
      'HOLD',
      'PASS',
    ]);
  });

  it('says of a fire time whether it was on time, late or caught up', () => {
    const schedule = { schedule_type: 'INTERVAL', interval_seconds: 60, tolerance_seconds: 60 } as const;
    const definition = resolveJobDefinition(
      { job_id: 'a', job_type: 'INGESTION', pipeline_modules: ['ALPHA'], schedule },
      DEFAULT_CONFIG,
    );
    const of = (lateMs: number): unknown =>
      traceExecution(
        factsOf({ trigger_type: 'SCHEDULED', scheduled_time: NOW - lateMs }, { definition }),
      ).find(({ step }) => step === 2);
    expect(of(0)).toMatchObject({ rule: 1, because: 'it was due', inputs: { late_seconds: 0 } });
    expect(of(30_000)).toMatchObject({ rule: 1, because: 'it was due, and late within tolerance' });
    expect(of(61_000)).toMatchObject({ rule: 4, because: 'it was missed, and is caught up' });
  });
});
