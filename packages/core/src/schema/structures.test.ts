import { describe, expect, it } from '@jest/globals';
import type * as z from 'zod';
import * as structures from './index.js';

/** The fields of each structure, word for word from the specification. */
const SPECIFIED: readonly [name: string, schema: z.ZodObject, fields: string][] = [
  [
    'JobDefinition',
    structures.jobDefinitionSchema,
    'job_id name description job_type pipeline_modules schedule triggers dependencies parameters resources retry_policy timeout_seconds enabled version',
  ],
  [
    'Schedule',
    structures.scheduleSchema,
    'schedule_id schedule_type cron_expression interval_seconds run_at timezone start_date end_date skip_if_running catchup_enabled',
  ],
  [
    'Trigger',
    structures.triggerSchema,
    'trigger_id trigger_type source filter batch_window_seconds debounce_seconds enabled',
  ],
  [
    'Dependency',
    structures.dependencySchema,
    'dependency_id upstream_job_id dependency_type condition skip_on_upstream_skip timeout_seconds',
  ],
  [
    'Execution',
    structures.executionSchema,
    'execution_id job_id status trigger_type trigger_id parameters scheduled_time queued_time started_time completed_time attempt_number parent_execution_id checkpoint_state result',
  ],
  [
    'ExecutionResult',
    structures.executionResultSchema,
    'status exit_code error_code error_message records_processed records_failed duration_seconds metrics outputs',
  ],
  [
    'ResourceRequest',
    structures.resourceRequestSchema,
    'cpu_cores memory_mb disk_mb network_bandwidth_mbps resource_pool priority',
  ],
  [
    'RetryPolicy',
    structures.retryPolicySchema,
    'max_attempts initial_delay_seconds max_delay_seconds backoff_multiplier jitter_factor retryable_errors non_retryable_errors',
  ],
  [
    'DependencyGraph',
    structures.dependencyGraphSchema,
    'graph_id jobs edges execution_order critical_path is_valid validation_errors',
  ],
  [
    'SchedulingError',
    structures.schedulingErrorSchema,
    'job_id schedule_id error_code error_message schedule_config detection_time',
  ],
  [
    'DependencyError',
    structures.dependencyErrorSchema,
    'job_id dependency_id error_type error_code cycle_path resolution_hint',
  ],
  [
    'ExecutionError',
    structures.executionErrorSchema,
    'execution_id job_id error_category error_code error_message attempt_number will_retry next_retry_time stack_trace context',
  ],
  [
    'ResourceExhaustionError',
    structures.resourceExhaustionErrorSchema,
    'resource_type current_usage threshold affected_jobs queued_count estimated_recovery_seconds',
  ],
  [
    'TimeoutError',
    structures.timeoutErrorSchema,
    'execution_id timeout_seconds elapsed_seconds last_heartbeat checkpoint_available termination_method',
  ],
  [
    'StateCorruptionError',
    structures.stateCorruptionErrorSchema,
    'execution_id state_type corruption_type recovery_attempted recovery_successful data_loss_scope',
  ],
  [
    'OrchestrationHealthStatus',
    structures.orchestrationHealthStatusSchema,
    'overall_status scheduler_status executor_status dependency_resolver_status active_executions queued_jobs error_rate_1h success_rate_24h',
  ],
];

describe('structures', () => {
  it.each(SPECIFIED)('%s has every field of the specification', (_name, schema, fields) => {
    expect(Object.keys(schema.shape)).toEqual(expect.arrayContaining(fields.split(' ')));
  });

  it('refuse a field that they do not know', () => {
    for (const [, schema] of SPECIFIED) {
      const found = schema
        .safeParse({ surprise: 1 })
        .error?.issues.find(({ code }) => code === 'unrecognized_keys');
      expect(found).toMatchObject({ keys: ['surprise'] });
    }
  });

  const window = (start: string, end: string): object => ({ start, end, days: ['MON'] });
  const RANGES: readonly [
    name: string,
    schema: z.ZodType,
    valid: readonly unknown[],
    invalid: readonly unknown[],
  ][] = [
    [
      'identifier',
      structures.identifier,
      ['a', 'A.b_c-9', 'x'.repeat(128)],
      ['', '.a', 'a:b', 'a b', 'ä', 'x'.repeat(129), 1, null],
    ],
    [
      'timezone',
      structures.timezone,
      ['UTC', 'Europe/Berlin', 'America/St_Johns'],
      ['', '+02:00', 'Mars/Olympus', 'Europe/Berlin '],
    ],
    [
      'dateTime',
      structures.dateTime,
      ['2026-03-08T07:00:00Z', '2026-03-08T07:00:00.5+02:00'],
      ['2026-03-08', '2026-03-08T07:00:00', '2026-13-08T07:00:00Z'],
    ],
    [
      'calendarDate',
      structures.calendarDate,
      ['2024-02-29'],
      ['2026-02-29', '2026-2-1', '2026-02-01T00:00:00Z'],
    ],
    [
      'ExecutionWindow',
      structures.executionWindowSchema,
      [window('06:00', '22:00'), window('22:00', '06:00'), window('00:00', '24:00')],
      [window('6:00', '22:00'), window('06:00', '06:00'), window('06:00', '24:01'), window('24:00', '06:00')],
    ],
    ['priority', structures.resourceRequestSchema.shape.priority, [-1000, 1000], [-1001, 1001, 0.5]],
    ['jitter_factor', structures.retryPolicySchema.shape.jitter_factor, [0, 1], [-0.01, 1.01, '0']],
    [
      'backoff_multiplier',
      structures.retryPolicySchema.shape.backoff_multiplier,
      [1, 2.5, 10],
      [0.99, 10.01],
    ],
    [
      'heartbeat_interval_seconds',
      structures.heartbeatSchema.shape.heartbeat_interval_seconds,
      [5, 300],
      [4, 301],
    ],
    ['max_catchup_runs', structures.scheduleSchema.shape.max_catchup_runs, [0, 100], [-1, 101]],
    [
      'checkpoint_state',
      structures.executionSchema.shape.checkpoint_state,
      [null, '', 'aGk='],
      ['no base64!'],
    ],
  ];

  it.each(RANGES)(
    '%s takes what is in its range and refuses what is not',
    (_name, schema, valid, invalid) => {
      for (const value of valid) expect([value, schema.safeParse(value).success]).toEqual([value, true]);
      for (const value of invalid) expect([value, schema.safeParse(value).success]).toEqual([value, false]);
    },
  );
});
