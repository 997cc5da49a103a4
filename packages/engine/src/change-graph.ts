import { compileGraph, recompile, type CompiledGraph, type GraphChange, type GraphJob } from '@phi/core';

import type { Catalog } from './catalog.js';

/** Up to so many changes it is cheaper to compile each of them than all jobs anew. */
const ONE_BY_ONE_AT_MOST = 10;

/** The graph of the registered jobs after changes of some. */
export function changeGraph({ graph, jobs }: Catalog, changes: readonly GraphChange[]): CompiledGraph {
  if (changes.length <= ONE_BY_ONE_AT_MOST) return changes.reduce(recompile, graph);
  const after = new Map<string, GraphJob>(jobs);
  for (const change of changes) {
    if ('put' in change) after.set(change.put.job_id, change.put);
    else after.delete(change.remove);
  }
  return compileGraph([...after.values()]);
}
