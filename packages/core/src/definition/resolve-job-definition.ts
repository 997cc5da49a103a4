import type { PhiConfig } from '../config/parameters.js';
import type { Cancellation } from '../schema/cancellation.js';
import type { Checkpoint } from '../schema/checkpoint.js';
import type { Concurrency } from '../schema/concurrency.js';
import type { DeadLetter } from '../schema/dead-letter.js';
import type { AuthoredDependency, Dependency } from '../schema/dependency.js';
import type { DependencyPolicy } from '../schema/dependency-policy.js';
import type { Heartbeat } from '../schema/heartbeat.js';
import { dependencyId, triggerId } from '../schema/job-checks.js';
import type { AuthoredJobDefinition, JobDefinition } from '../schema/job-definition.js';
import type { NamespaceDefaults } from '../schema/namespace-defaults.js';
import { DEFAULT_POOL, type ResourceRequest } from '../schema/resource-request.js';
import type { AuthoredTrigger, Trigger } from '../schema/trigger.js';
import { over, type Given } from './over.js';
import { resolveRetryPolicy } from './resolve-retry-policy.js';
import { resolveSchedule } from './resolve-schedule.js';

/**
 * Fills in what an author left out: from the namespace's defaults, then the configuration, then the values built in
 * (specification: JobDefinition). Filling in what is filled in already changes nothing.
 *
 * @param job - valid by `authoredJobDefinitionSchema`
 */
export function resolveJobDefinition(
  job: AuthoredJobDefinition,
  config: PhiConfig,
  defaults: NamespaceDefaults = {},
): JobDefinition {
  const schedule = job.schedule ?? null;
  const startedOtherwise = schedule !== null || (job.triggers ?? []).length > 0;
  return {
    job_id: job.job_id,
    name: job.name ?? job.job_id,
    description: job.description ?? '',
    job_type: job.job_type,
    pipeline_modules: job.pipeline_modules,
    schedule: schedule === null ? null : resolveSchedule(job.job_id, schedule, config, defaults.schedule),
    triggers: (job.triggers ?? []).map((trigger, index) => resolveTrigger(job, trigger, index)),
    dependencies: (job.dependencies ?? []).map((dependency) => resolveDependency(job.job_id, dependency)),
    trigger_on_dependencies: job.trigger_on_dependencies ?? !startedOtherwise,
    parameters: job.parameters ?? {},
    parameter_schema: job.parameter_schema ?? null,
    locked_parameters: job.locked_parameters ?? [],
    ...resolveRules(job, config, defaults),
    consumes: job.consumes ?? [],
    produces: job.produces ?? [],
    enabled: job.enabled ?? true,
    version: job.version ?? '1',
  };
}

type RuleField = Exclude<keyof NamespaceDefaults, 'schedule'>;

/** The configuration of the rules: what a namespace can have defaults for. */
function resolveRules(
  job: AuthoredJobDefinition,
  config: PhiConfig,
  defaults: NamespaceDefaults,
): Pick<JobDefinition, RuleField> {
  return {
    ...over(BUILT_IN_SCALARS, pick(defaults), pick(job)),
    dependency_policy: over<DependencyPolicy>(
      { require_all: true, timeout_seconds: null },
      defaults.dependency_policy,
      job.dependency_policy,
    ),
    resources: over<ResourceRequest>(BUILT_IN_RESOURCES, defaults.resources, job.resources),
    retry_policy: resolveRetryPolicy(job.retry_policy, config, defaults.retry_policy),
    concurrency: over<Concurrency>(
      { skip_if_running: false, queue_if_running: false, max_running: null },
      defaults.concurrency,
      job.concurrency,
    ),
    heartbeat: over<Heartbeat>(
      {
        heartbeat_interval_seconds: config.EXECUTOR_HEARTBEAT_INTERVAL_SECONDS,
        missed_heartbeat_limit: config.EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER,
        watch_progress: false,
      },
      defaults.heartbeat,
      job.heartbeat,
    ),
    checkpoint: over<Checkpoint>(
      { checkpoint_interval_seconds: 300, checkpoint_on_stage: true },
      defaults.checkpoint,
      job.checkpoint,
    ),
    dead_letter: over<DeadLetter>(
      { dead_letter_enabled: true, retention_hours: config.DEAD_LETTER_RETENTION_DAYS * 24 },
      defaults.dead_letter,
      job.dead_letter,
    ),
    cancellation: over<Cancellation>(
      { cascade_cancel: false, cancel_scope: 'IMMEDIATE_DEPENDENTS' },
      defaults.cancellation,
      job.cancellation,
    ),
  };
}

const BUILT_IN_RESOURCES = {
  cpu_cores: 0,
  memory_mb: 0,
  disk_mb: 0,
  network_bandwidth_mbps: 0,
  resource_pool: DEFAULT_POOL,
  priority: 0,
  priority_boost_on_age: true,
};

const RULE_SCALARS = [
  'timeout_seconds',
  'timeout_action',
  'timeout_extension_seconds',
  'max_timeout_extensions',
  'queue_timeout_seconds',
  'execution_windows',
  'skip_outside_window',
  'fit_in_window',
  'execution_window_timezone',
  'tags',
  'owner',
  'history_retention',
  'requires_approval',
] as const satisfies readonly RuleField[];

const BUILT_IN_SCALARS: Pick<JobDefinition, (typeof RULE_SCALARS)[number]> = {
  timeout_seconds: 3600,
  timeout_action: 'TERMINATE',
  timeout_extension_seconds: null,
  max_timeout_extensions: 1,
  queue_timeout_seconds: null,
  execution_windows: [],
  skip_outside_window: true,
  fit_in_window: false,
  execution_window_timezone: null,
  tags: [],
  owner: null,
  history_retention: null,
  requires_approval: false,
};

function pick(source: Given<typeof BUILT_IN_SCALARS>): Given<typeof BUILT_IN_SCALARS> {
  return Object.fromEntries(RULE_SCALARS.map((field) => [field, source[field]])) as Given<
    typeof BUILT_IN_SCALARS
  >;
}

function resolveTrigger(job: AuthoredJobDefinition, trigger: AuthoredTrigger, index: number): Trigger {
  const builtIn: Trigger = {
    trigger_id: triggerId(job.job_id, trigger, index),
    trigger_type: trigger.trigger_type,
    source: trigger.source,
    filter: null,
    batch_window_seconds: 0,
    debounce_seconds: 0,
    enabled: true,
  };
  return over(builtIn, trigger);
}

function resolveDependency(jobId: string, dependency: AuthoredDependency): Dependency {
  const builtIn: Dependency = {
    dependency_id: dependencyId(jobId, dependency),
    upstream_job_id: dependency.upstream_job_id,
    dependency_type: 'SUCCESS',
    condition: null,
    skip_on_upstream_skip: true,
    timeout_seconds: null,
    join: 'NEW',
    window: null,
  };
  return over(builtIn, dependency);
}
