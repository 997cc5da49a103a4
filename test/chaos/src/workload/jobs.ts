import type { AuthoredDependency, AuthoredJobDefinition } from '@phi/core';

import type { Random } from '../random.js';

/** The file among the deliveries that bodies append to. */
export const EFFECTS = 'effects.jsonl';

/** How many a fan-out spreads to. */
const FAN = 8;
const EVENT_SOURCE = 'chaos';
export const DATASET = 'chaos/early';

/** What a body is to do; see handlers/witness.mjs. */
export interface BodyParameters {
  readonly ms?: number;
  readonly fails_until?: number;
  readonly code?: string;
  readonly counts_to?: number;
  readonly publishes?: string;
}

const RETRIED = 'EXEC_018_CONNECTION_FAILED';
const FINAL = 'EXEC_006_MODULE_FAILED';
/** More than any chain has attempts. */
const ALWAYS = 1000;

type More = Partial<Omit<AuthoredJobDefinition, 'job_id' | 'pipeline_modules' | 'dependencies'>> & {
  readonly body?: BodyParameters;
  readonly after?: readonly (string | AuthoredDependency)[];
};

function job(job_id: string, { body = {}, after = [], ...more }: More = {}): AuthoredJobDefinition {
  const job_type = 'COMPOSITE';
  return {
    job_id,
    job_type,
    pipeline_modules: ['WITNESS'],
    parameters: witnessParameters({ ms: 20, ...body }),
    retry_policy: { max_attempts: 3, initial_delay_seconds: 0, max_delay_seconds: 1 },
    dependencies: after.map((upstream) =>
      typeof upstream === 'string' ? { upstream_job_id: upstream } : upstream,
    ),
    ...more,
  };
}

export function witnessParameters(body: BodyParameters): { WITNESS: Record<string, string | number> } {
  return { WITNESS: { effects: EFFECTS, ...body } };
}

const fan = Array.from({ length: FAN }, (_, number) => `fan-${String(number)}`);
const everySecond = { schedule_type: 'CRON', cron_expression: '* * * * * *' } as const;

/** Every job of the workload. */
export const JOBS: readonly AuthoredJobDefinition[] = [
  job('chain-1'),
  job('chain-2', { after: ['chain-1'] }),
  job('chain-3', { after: ['chain-2'] }),
  job('top'),
  job('left', { after: ['top'] }),
  job('right', { after: ['top'], job_type: 'TRANSFORMATION' }),
  job('bottom', { after: ['left', 'right'] }),
  job('spread'),
  ...fan.map((job_id) => job(job_id, { after: ['spread'], resources: { resource_pool: 'narrow' } })),
  job('gather', { after: fan }),
  job('flaky', { body: { fails_until: 2, code: RETRIED } }),
  job('after-flaky', { after: ['flaky'] }),
  job('hopeless', { body: { fails_until: ALWAYS, code: FINAL } }),
  job('clean-up', { after: [{ upstream_job_id: 'hopeless', dependency_type: 'COMPLETION' }] }),
  job('never', { after: ['hopeless'] }),
  job('counting', { body: { counts_to: 10 } }),
  job('after-counting', { after: ['counting'] }),
  job('early', { body: { ms: 300, publishes: DATASET }, produces: [DATASET] }),
  job('reader', { consumes: [DATASET] }),
  job('few', { body: { ms: 100 }, concurrency: { max_running: 2 } }),
  job('urgent', { triggers: [triggerOn('event.data.n % 3 == 0')] }),
  job('batches', { triggers: [{ ...triggerOn(null), batch_window_seconds: 1 }] }),
  job('collect', { after: ['urgent'] }),
  job('ticking', { schedule: everySecond }),
  job('skipping', { body: { ms: 800 }, schedule: { ...everySecond, skip_if_running: true } }),
  job('thirds', {
    schedule: {
      schedule_type: 'INTERVAL',
      interval_seconds: 3,
      start_date: '2026-01-01',
      catchup_enabled: true,
      tolerance_seconds: 1,
    },
  }),
  job('digest', { after: ['thirds'] }),
];

function triggerOn(filter: string | null): {
  trigger_type: 'API_CALL';
  source: string;
  filter: string | null;
} {
  return { trigger_type: 'API_CALL', source: EVENT_SOURCE, filter };
}

/** Which events each job with a trigger takes, by their number. */
export const TAKES: Readonly<Record<string, (n: number) => boolean>> = {
  urgent: (n) => n % 3 === 0,
  batches: () => true,
};

export function eventOf(n: number): object {
  return {
    specversion: '1.0',
    id: `event-${String(n)}`,
    source: EVENT_SOURCE,
    type: 'chaos.happened',
    data: { n },
  };
}

/** Those with a schedule. */
export const SCHEDULED = JOBS.filter(({ schedule }) => schedule !== undefined);

/** What a schedule fires on: every so many seconds of the clock. */
export const EVERY_SECONDS: Readonly<Record<string, number>> = { ticking: 1, skipping: 1, thirds: 3 };

/** At most so many at once, by the names that the store has for limits. */
export const LIMITS: Readonly<Record<string, number>> = {
  global: 7,
  'pool:narrow': 3,
  'type:TRANSFORMATION': 2,
  'job:few': 2,
};

/** The same as the API takes it. The limit of a job is in its definition. */
export const LIMITS_BODY = {
  global_max_concurrent: LIMITS['global'],
  job_types: { TRANSFORMATION: LIMITS['type:TRANSFORMATION'] },
};
export const POOL_BODY = { pool_concurrency_limit: LIMITS['pool:narrow'] };

/** The jobs that clients start by hand, how many of ten are of each, and what varies from one to the next. */
const ROOTS: readonly {
  readonly job_id: string;
  readonly weight: number;
  readonly body?: (random: Random) => BodyParameters;
}[] = [
  { job_id: 'chain-1', weight: 3, body: (random) => ({ ms: random.whole(1, 200) }) },
  { job_id: 'top', weight: 2 },
  { job_id: 'spread', weight: 1 },
  { job_id: 'flaky', weight: 2, body: (random) => ({ fails_until: random.whole(1, 5), code: RETRIED }) },
  { job_id: 'hopeless', weight: 1 },
  { job_id: 'counting', weight: 2, body: (random) => ({ counts_to: random.whole(3, 30) }) },
  { job_id: 'early', weight: 1 },
  { job_id: 'few', weight: 3, body: (random) => ({ ms: random.whole(20, 400) }) },
];
const DECK = ROOTS.flatMap((root) => Array.from({ length: root.weight }, () => root));

/** A job to start, and what its body is to do where that is not as defined. */
export function oneRoot(random: Random): { readonly job_id: string; readonly parameters?: object } {
  const root = random.one(DECK) ?? DECK[0];
  if (root === undefined) throw new Error('there is nothing to start');
  const body = root.body?.(random);
  return body === undefined
    ? { job_id: root.job_id }
    : { job_id: root.job_id, parameters: witnessParameters(body) };
}

/** What an upstream's end decides: where it is planned in the run, its dependents are as well. */
export interface Edge {
  readonly upstream: string;
  readonly dependent: string;
  readonly type: 'SUCCESS' | 'COMPLETION' | 'DATA_READY';
}

/** Every edge between jobs of the workload. */
export const EDGES: readonly Edge[] = [
  ...JOBS.flatMap(({ job_id, dependencies = [] }) =>
    dependencies.map(({ upstream_job_id, dependency_type = 'SUCCESS' }) => ({
      upstream: upstream_job_id,
      dependent: job_id,
      type: dependency_type,
    })),
  ),
  { upstream: 'early', dependent: 'reader', type: 'DATA_READY' },
];

/** The jobs that a run of a root consists of, the root first. */
export function planOf(root: string): readonly string[] {
  const planned = [root];
  for (const upstream of planned)
    for (const edge of EDGES)
      if (edge.upstream === upstream && !planned.includes(edge.dependent)) planned.push(edge.dependent);
  return planned;
}
