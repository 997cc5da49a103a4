import { checkPart } from './check-part.js';
import type { Walk } from './walk.js';

/** Invariant 3: what slots and amounts are given out by, against who holds them. */
export const walkSums: Walk = {
  name: 'sums',
  invariants: [3],

  async step(context) {
    const { integrity, leases, limits } = context.services;
    const [pools, executors, used] = await Promise.all([
      limits.poolNames(),
      leases.list(),
      integrity.members('used'),
    ]);
    const names = new Set([
      'shared',
      ...pools.map((pool) => `pool:${pool}`),
      ...executors.map(({ executor_id }) => `executor:${executor_id}`),
      ...used.found,
    ]);
    const reports = await checkPart(context, 'sums', [...names], { invariants: [3], atOnce: 1 });
    for (const { too_large } of reports) context.tally.unchecked += too_large;
    return undefined;
  },
};
