import { findingOf } from '@phi/core';

import { sweepLedgers, type SweepPosition } from '../sweep-ledgers.js';
import type { Walk } from './walk.js';

/** Fire times that one page computes, about. */
const BUDGET = 20_000;

/** Invariant 6: what the sweep of the ledgers verifies (docs/adr/0008-tick-ledger.md), all of it in one go. */
export const walkLedgers: Walk = {
  name: 'ledgers',
  invariants: [6],

  async step({ services, tally }, from) {
    const begun = from === undefined ? {} : { position: JSON.parse(from) as SweepPosition };
    const { position, visited } = await sweepLedgers(services, { budget: BUDGET, ...begun });
    tally.count([6], visited);
    if (position !== undefined) return JSON.stringify(position);
    const holes = await services.schedules.holes();
    tally.add([...holes].map(([id, hole]) => findingOf('LEDGER_HOLE', { kind: 'schedule', id }, hole)));
    return undefined;
  },
};
