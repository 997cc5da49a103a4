import { INVARIANT_NUMBERS, type Invariant } from '@phi/core';

import type { Services } from '../services.js';
import { FsckTally, tellFindings, type FsckReport } from './fsck-report.js';
import type { Walk, WalkContext } from './walk.js';
import { walkDeliveries } from './walk-deliveries.js';
import { walkKeys } from './walk-keys.js';
import { walkLedgers } from './walk-ledgers.js';
import { walkStageJobs } from './walk-stage-jobs.js';
import { walkSums } from './walk-sums.js';

export interface FsckOptions {
  /** Repairs what can be. Default: false. */
  readonly repair?: boolean;
  /** Which to check. Default: all. */
  readonly invariants?: readonly Invariant[];
  /** From the report before. */
  readonly cursor?: string;
  /** At most so many pages, about 1,000 keys each. Default: all. */
  readonly pages?: number;
}

const WALKS: readonly Walk[] = [walkKeys, walkSums, walkLedgers, walkDeliveries, walkStageJobs];

/**
 * Checks the invariants over the whole store, beside whatever goes on, and repairs what can be (docs/adr/0032-fsck.md). A
 * finding was true at one instant: all that it is decided by was read in one script.
 *
 * @throws RangeError where the cursor is none that a report had
 */
export async function fsck(services: Services, options: FsckOptions = {}): Promise<FsckReport> {
  const { repair = false, invariants = INVARIANT_NUMBERS, pages = Infinity } = options;
  const wanted = new Set(invariants);
  const tally = new FsckTally(wanted);
  const context: WalkContext = { services, repair, tally };
  const walks = WALKS.filter((walk) => walk.invariants.some((invariant) => wanted.has(invariant)));
  let at = options.cursor === undefined ? beginning(walks, 0) : readCursor(walks, options.cursor);
  for (let page = 0; at !== undefined && page < pages; page++) {
    const position = await at.walk.step(context, at.position);
    at = position === undefined ? beginning(walks, walks.indexOf(at.walk) + 1) : { walk: at.walk, position };
  }
  tellFindings(services.alerts, tally.findings);
  return tally.report(at === undefined ? undefined : writeCursor(at));
}

interface Place {
  readonly walk: Walk;
  readonly position: string | undefined;
}

function beginning(walks: readonly Walk[], index: number): Place | undefined {
  const walk = walks[index];
  return walk === undefined ? undefined : { walk, position: undefined };
}

function writeCursor({ walk, position }: Place): string {
  return Buffer.from(JSON.stringify([walk.name, position ?? null])).toString('base64url');
}

function readCursor(walks: readonly Walk[], cursor: string): Place {
  try {
    const [name, position] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [
      string,
      string | null,
    ];
    const walk = walks.find((candidate) => candidate.name === name);
    if (walk !== undefined) return { walk, position: position ?? undefined };
  } catch {
    // Said below.
  }
  throw new RangeError(`the cursor ${cursor} is none that fsck has answered for these invariants`);
}
