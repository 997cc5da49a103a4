import type { ParameterName } from '../config/parameters.js';

/** A field that configures a rule. */
export interface RuleField {
  /** Its path in a JobDefinition, or in a definitions file where it is none of a job's. */
  readonly field: string;
  /** What counts where nobody says otherwise: a value, a configuration parameter, or words for what is left open. */
  readonly default:
    | { readonly value: string | number | boolean }
    | { readonly parameter: ParameterName }
    | { readonly words: string };
}

export interface Rule {
  readonly number: number;
  /** In the specification's words. */
  readonly name: string;
  readonly asks: string;
  readonly fields: readonly RuleField[];
  /** The file that decides, from the root of the repository; none where nothing decides yet. */
  readonly decided_in: readonly string[];
}

const value = (field: string, of: string | number | boolean): RuleField => ({
  field,
  default: { value: of },
});
const parameter = (field: string, of: ParameterName): RuleField => ({ field, default: { parameter: of } });
const open = (field: string, words: string): RuleField => ({ field, default: { words } });

const CORE = 'packages/core/src/rules';
const LUA = 'packages/store/lua/lib';

/** The seventeen rules (specification: Standard Execution Rules); `docs/rules.md` is written from it. */
export const RULES = [
  {
    number: 1,
    name: 'Cron Schedule Evaluation',
    asks: 'Is a fire time that is due on time, late but within tolerance, or missed?',
    fields: [
      open('schedule.cron_expression', 'none'),
      parameter('schedule.timezone', 'SCHEDULER_TIMEZONE_DEFAULT'),
      value('schedule.tolerance_seconds', 60),
    ],
    decided_in: [`${CORE}/01-cron-schedule-evaluation.ts`],
  },
  {
    number: 2,
    name: 'Dependency Satisfaction',
    asks: 'Are all dependencies met, or any one of them? Is it too late for them?',
    fields: [
      value('dependency_policy.require_all', true),
      open(
        'dependency_policy.timeout_seconds',
        'DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS for an upstream that is not part of the run, else no end',
      ),
      open('dependencies.*.timeout_seconds', 'dependency_policy.timeout_seconds'),
    ],
    decided_in: [`${LUA}/edges.lua`, `${LUA}/standing.lua`],
  },
  {
    number: 3,
    name: 'Skip If Running',
    asks: 'Is another execution of the job open, and does this one skip or wait for it?',
    fields: [
      value('schedule.skip_if_running', false),
      value('schedule.queue_if_running', false),
      value('concurrency.skip_if_running', false),
      value('concurrency.queue_if_running', false),
      open('concurrency.max_running', 'no limit'),
    ],
    decided_in: [`${CORE}/03-skip-if-running.ts`, `${LUA}/gate.lua`],
  },
  {
    number: 4,
    name: 'Catchup Execution',
    asks: 'Which of the fire times that were missed are run after all, and is it the turn of this one?',
    fields: [
      value('schedule.catchup_enabled', false),
      parameter('schedule.max_catchup_runs', 'SCHEDULER_CATCHUP_LIMIT'),
    ],
    decided_in: [`${CORE}/04-catchup-execution.ts`, `${LUA}/gate.lua`],
  },
  {
    number: 5,
    name: 'Priority Scheduling',
    asks: 'Who of those that wait goes first?',
    fields: [value('resources.priority', 0), value('resources.priority_boost_on_age', true)],
    decided_in: [`${LUA}/admission.lua`],
  },
  {
    number: 6,
    name: 'Resource Pool Limits',
    asks: 'Is there a free slot in the resource pool, and in the limit of the job type?',
    fields: [
      value('resources.resource_pool', 'default'),
      open('pools.*.pool_concurrency_limit', 'no limit'),
      open('limits.job_types', 'no limit'),
    ],
    decided_in: [`${LUA}/limits.lua`],
  },
  {
    number: 7,
    name: 'Global Concurrency Limit',
    asks: 'May one more execution of the namespace run, and has an executor a place for it?',
    fields: [value('limits.global_max_concurrent', 50), value('limits.enforcement_mode', 'QUEUE')],
    decided_in: [`${LUA}/limits.lua`],
  },
  {
    number: 8,
    name: 'Exponential Backoff Retry',
    asks: 'How long does the next attempt wait?',
    fields: [
      parameter('retry_policy.initial_delay_seconds', 'RETRY_DEFAULT_INITIAL_DELAY_SECONDS'),
      parameter('retry_policy.backoff_multiplier', 'RETRY_DEFAULT_BACKOFF_MULTIPLIER'),
      parameter('retry_policy.max_delay_seconds', 'RETRY_DEFAULT_MAX_DELAY_SECONDS'),
    ],
    decided_in: [`${CORE}/08-exponential-backoff-retry.ts`],
  },
  {
    number: 9,
    name: 'Retry Jitter',
    asks: 'By how much is that varied?',
    fields: [value('retry_policy.jitter_factor', 0.25), value('retry_policy.jitter_mode', 'FULL')],
    decided_in: [`${CORE}/09-retry-jitter.ts`],
  },
  {
    number: 10,
    name: 'Retryable Error Classification',
    asks: 'Is this failure worth another attempt?',
    fields: [
      open('retry_policy.retryable_errors', 'none'),
      open('retry_policy.non_retryable_errors', 'none'),
      open('retry_policy.by_error', 'none'),
    ],
    decided_in: [`${CORE}/10-retryable-error-classification.ts`],
  },
  {
    number: 11,
    name: 'Maximum Retry Attempts',
    asks: 'Has the chain attempts left?',
    fields: [
      parameter('retry_policy.max_attempts', 'RETRY_DEFAULT_MAX_ATTEMPTS'),
      value('retry_policy.include_initial', true),
    ],
    decided_in: [`${CORE}/11-maximum-retry-attempts.ts`],
  },
  {
    number: 12,
    name: 'Execution Timeout',
    asks: 'Has the body run for longer than it may, or the execution waited in the queue for longer?',
    fields: [
      value('timeout_seconds', 3600),
      value('timeout_action', 'TERMINATE'),
      open('timeout_extension_seconds', 'none'),
      value('max_timeout_extensions', 1),
      open('queue_timeout_seconds', 'no end'),
    ],
    decided_in: [`${CORE}/12-execution-timeout.ts`, `${LUA}/transition.lua`],
  },
  {
    number: 13,
    name: 'Heartbeat Monitoring',
    asks: 'Is whoever runs it still alive, and is its body?',
    fields: [
      parameter('heartbeat.heartbeat_interval_seconds', 'EXECUTOR_HEARTBEAT_INTERVAL_SECONDS'),
      parameter('heartbeat.missed_heartbeat_limit', 'EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER'),
      value('heartbeat.watch_progress', false),
    ],
    decided_in: [
      `${CORE}/13-heartbeat-monitoring.ts`,
      `${LUA}/lease.lua`,
      'packages/modules/src/runner/heartbeat-watch.ts',
    ],
  },
  {
    number: 14,
    name: 'Checkpoint Frequency',
    asks: 'Should the body save where it stands?',
    fields: [
      value('checkpoint.checkpoint_interval_seconds', 300),
      value('checkpoint.checkpoint_on_stage', true),
    ],
    decided_in: [`${CORE}/14-checkpoint-frequency.ts`],
  },
  {
    number: 15,
    name: 'Dead Letter Routing',
    asks: 'Is an execution that failed for good kept as a dead letter?',
    fields: [value('dead_letter.dead_letter_enabled', true), value('dead_letter.retention_hours', 168)],
    decided_in: [`${CORE}/15-dead-letter-routing.ts`],
  },
  {
    number: 16,
    name: 'Cascade Cancellation',
    asks: 'Which dependents does a cancellation reach?',
    fields: [
      value('cancellation.cascade_cancel', false),
      value('cancellation.cancel_scope', 'IMMEDIATE_DEPENDENTS'),
    ],
    decided_in: [`${CORE}/16-cascade-cancellation.ts`, `${LUA}/release.lua`],
  },
  {
    number: 17,
    name: 'Execution Window Restriction',
    asks: 'May the job start now, or is it skipped or held until a window opens?',
    fields: [
      open('execution_windows', 'always open'),
      value('skip_outside_window', true),
      value('fit_in_window', false),
      open('execution_window_timezone', "the schedule's, else SCHEDULER_TIMEZONE_DEFAULT"),
    ],
    decided_in: [`${CORE}/17-execution-window-restriction.ts`, `${LUA}/gate.lua`],
  },
] as const satisfies readonly Rule[];

export type RuleNumber = (typeof RULES)[number]['number'];
