import { compileCatalog, type Catalog } from './catalog.js';
import { registeredJob, type RegisteredJob } from './registered-job.js';
import type { Services } from './services.js';

/**
 * The jobs as they were registered at an instant, of those that are registered still.
 *
 * @param instantMs - epoch milliseconds
 */
export async function catalogAt(services: Services, instantMs: number): Promise<Catalog> {
  const { graph_id, jobs } = await services.catalog.current();
  const then = await Promise.all(
    [...jobs.keys()].map(async (jobId): Promise<[string, RegisteredJob][]> => {
      const revisions = await services.jobs.revisions(jobId);
      const last = revisions.findLast(({ time }) => time <= instantMs);
      return last === undefined ? [] : [[jobId, registeredJob(last)]];
    }),
  );
  return compileCatalog(graph_id, new Map(then.flat()), services.config);
}
