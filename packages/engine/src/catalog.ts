import {
  compileGraph,
  compilePlan,
  connectJobs,
  type CompiledGraph,
  type JobDefinition,
  type JobRegistration,
  type JobStore,
  type PhiConfig,
  type StoredPlan,
} from '@phi/core';

import { FiringRates } from './firing-rates.js';
import { registeredJob, type RegisteredJob, type ScheduledJob } from './registered-job.js';
import { storePlan } from './store-plan.js';
import { indexTriggers, type TriggerIndex } from './trigger-index.js';

/** What of the configuration decides about plans. */
export type DependencyConfig = Pick<
  PhiConfig,
  'DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS' | 'DEPENDENCY_CYCLE_DETECTION_ENABLED'
>;

/** Every registered job at one moment, compiled. */
export interface Catalog {
  /** Unset until something was registered. */
  readonly graph_id: string | undefined;
  readonly graph: CompiledGraph;
  readonly jobs: ReadonlyMap<string, RegisteredJob>;
  /** What events may start. */
  readonly triggers: TriggerIndex;
  /** The jobs that have a schedule, by its id, in the order of the ids; kept once sorted. */
  schedules(): ReadonlyMap<string, ScheduledJob>;
  /** What a root starts; kept once compiled. */
  planOf(root: string): StoredPlan;
}

/**
 * What follows from the jobs is worked out when it is asked for, and kept: most processes ask for little of it.
 *
 */
export function compileCatalog(
  graphId: string | undefined,
  jobs: ReadonlyMap<string, RegisteredJob>,
  config: DependencyConfig,
): Catalog {
  const graph = once(() => compileGraph([...jobs.values()]));
  const connections = once(() => connectJobs(jobs.values()));
  const triggers = once(() => indexTriggers(jobs.values()));
  const plans = new Map<string, StoredPlan>();
  const settings = once(() => ({
    outsideTimeoutSeconds: config.DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS,
    // With cycles refused there is no need to look for them.
    inCycles: config.DEPENDENCY_CYCLE_DETECTION_ENABLED ? new Set<string>() : jobsInCycles(graph()),
  }));
  return {
    graph_id: graphId,
    get graph() {
      return graph();
    },
    jobs,
    get triggers() {
      return triggers();
    },
    schedules: once(() => bySchedule(jobs.values())),
    planOf(root) {
      const known = plans.get(root);
      if (known !== undefined) return known;
      const plan = storePlan(compilePlan(jobs, connections(), root), settings());
      plans.set(root, plan);
      return plan;
    },
  };
}

function jobsInCycles({ cycles }: CompiledGraph): Set<string> {
  return new Set(cycles.flatMap((group) => group.jobs));
}

function once<Value extends object>(compute: () => Value): () => Value {
  let known: Value | undefined;
  return () => (known ??= compute());
}

function bySchedule(jobs: Iterable<RegisteredJob>): ReadonlyMap<string, ScheduledJob> {
  const scheduled = [...jobs].flatMap((job) => {
    const { schedule } = job.definition;
    return schedule === null ? [] : [[schedule.schedule_id, { ...job, schedule }] as const];
  });
  return new Map(scheduled.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Keeps the catalog in memory and reads it again when another graph is registered. */
export class CatalogReader {
  readonly rates = new FiringRates();
  private cached: Promise<Catalog> | undefined;
  /** What `cached` has taken the place of, or is about to. */
  private stale: Catalog | undefined;
  private readonly definitions = new Map<string, JobDefinition>();

  constructor(
    private readonly jobs: JobStore,
    private readonly config: DependencyConfig,
  ) {}

  /** The catalog as last read; a script that works on it says STALE_GRAPH when it is not the current one. */
  cachedOrRead(): Promise<Catalog> {
    this.cached ??= this.read();
    return this.cached;
  }

  /** The catalog as registered now. */
  async current(): Promise<Catalog> {
    const [cached, graphId] = await Promise.all([this.cachedOrRead(), this.jobs.graphId()]);
    const catalog = cached.graph_id === graphId ? cached : await this.refresh(cached);
    // What another caller was reading already may be older than the graph seen here; what follows it is not.
    return catalog.graph_id === graphId ? catalog : this.refresh(catalog);
  }

  /**
   * Reads the catalog anew, once for all who found the same one out of date.
   *
   * @param stale - the catalog that is out of date
   */
  refresh(stale: Catalog): Promise<Catalog> {
    return this.replace(stale, () => this.read());
  }

  /**
   * Puts what this process has registered itself in a catalog's place, so that it need not read everything again.
   *
   * @param graphId - of the jobs as they are with it
   */
  async succeed(
    catalog: Catalog,
    graphId: string,
    {
      changed,
      removed,
    }: { readonly changed: readonly JobRegistration[]; readonly removed: readonly string[] },
  ): Promise<void> {
    await this.replace(catalog, () => {
      const jobs = new Map(catalog.jobs);
      for (const registration of changed) jobs.set(registration.job_id, registeredJob(registration));
      for (const jobId of removed) jobs.delete(jobId);
      return Promise.resolve(compileCatalog(graphId, jobs, this.config));
    });
  }

  private async replace(stale: Catalog, read: () => Promise<Catalog>): Promise<Catalog> {
    const cached = await this.cachedOrRead();
    if (cached !== stale) return cached;
    if (this.stale !== stale) {
      this.stale = stale;
      this.cached = read();
    }
    return this.cachedOrRead();
  }

  /** A job's definition at a revision; revisions never change, so they are kept. */
  async definition(jobId: string, revision: number): Promise<JobDefinition | undefined> {
    const key = `${jobId}@${String(revision)}`;
    const known = this.definitions.get(key);
    if (known !== undefined) return known;
    const registration = await this.jobs.revision(jobId, revision);
    if (registration === undefined) return undefined;
    const definition = JSON.parse(registration.definition) as JobDefinition;
    this.definitions.set(key, definition);
    return definition;
  }

  private async read(): Promise<Catalog> {
    try {
      const graphId = await this.jobs.graphId();
      const registrations = await this.jobs.all();
      const jobs = new Map(registrations.map((of) => [of.job_id, registeredJob(of)]));
      return compileCatalog(graphId, jobs, this.config);
    } catch (error) {
      this.cached = undefined;
      throw error;
    }
  }
}
