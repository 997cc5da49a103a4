import { jobsOf } from './view-pools.js';
import type { Services } from './services.js';

export type RemovePoolResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly refusal: 'UNKNOWN_POOL' | 'CONFLICT' }
  /** Registered jobs name it. */
  | { readonly ok: false; readonly refusal: 'IN_USE'; readonly job_ids: readonly string[] };

/** How often the registered jobs may change meanwhile. */
const TRIES = 5;

/** Forgets a pool that no registered job names; what still runs in it, or waits for it, is unlimited from then on. */
export async function removePool(services: Services, name: string): Promise<RemovePoolResult> {
  let catalog = await services.catalog.current();
  for (let tried = 0; tried < TRIES; tried++) {
    const job_ids = jobsOf(catalog, name);
    if (job_ids.length > 0) return { ok: false, refusal: 'IN_USE', job_ids };
    const word = await services.limits.removePool(name, catalog.graph_id);
    if (word !== 'STALE_GRAPH')
      return word === 'REMOVED' ? { ok: true } : { ok: false, refusal: 'UNKNOWN_POOL' };
    catalog = await services.catalog.refresh(catalog);
  }
  return { ok: false, refusal: 'CONFLICT' };
}
