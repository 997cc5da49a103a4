import type { JobRegistration } from '@phi/core';

import { compileCatalog, type Catalog } from './catalog.js';
import { registeredJob } from './registered-job.js';
import type { Services } from './services.js';

/** Every revision of the jobs that are registered still: what was registered at an instant. */
export class RegisterHistory {
  private readonly compiled = new Map<string, Catalog>();
  /** When something changed, the latest first. */
  private readonly changes: readonly number[];

  private constructor(
    private readonly services: Services,
    private readonly graphId: string | undefined,
    private readonly revisions: ReadonlyMap<string, readonly JobRegistration[]>,
  ) {
    const times = [...revisions.values()].flat().map(({ time }) => time);
    this.changes = [...new Set(times)].toSorted((a, b) => b - a);
  }

  static async read(services: Services): Promise<RegisterHistory> {
    const { graph_id, jobs } = await services.catalog.current();
    const all = await Promise.all(
      [...jobs.keys()].map(async (jobId) => [jobId, await services.jobs.revisions(jobId)] as const),
    );
    return new RegisterHistory(services, graph_id, new Map(all));
  }

  /** @param instantMs - epoch milliseconds */
  at(instantMs: number): Catalog {
    const then = [...this.revisions].flatMap(([jobId, revisions]) => {
      const last = revisions.findLast(({ time }) => time <= instantMs);
      return last === undefined ? [] : [[jobId, last] as const];
    });
    const key = then.map(([jobId, { revision }]) => `${jobId} ${String(revision)}`).join(',');
    const known = this.compiled.get(key);
    if (known !== undefined) return known;
    const jobs = new Map(then.map(([jobId, last]) => [jobId, registeredJob(last)]));
    const catalog = compileCatalog(this.graphId, jobs, this.services.config);
    this.compiled.set(key, catalog);
    return catalog;
  }

  /** When something changed up to an instant, the latest first. */
  changesUntil(instantMs: number): readonly number[] {
    return this.changes.filter((time) => time <= instantMs);
  }
}
