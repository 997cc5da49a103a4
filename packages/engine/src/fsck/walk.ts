import type { Invariant } from '@phi/core';

import type { Services } from '../services.js';
import type { FsckTally } from './fsck-report.js';

/** What a walk is taken with. */
export interface WalkContext {
  readonly services: Services;
  /** Repairs what can be. */
  readonly repair: boolean;
  /** What was seen is entered here. */
  readonly tally: FsckTally;
}

/** A part of the whole, looked at page by page. */
export interface Walk {
  readonly name: string;
  /** What it says something about. */
  readonly invariants: readonly Invariant[];
  /**
   * Looks at a page.
   *
   * @param position - what the page before returned; undefined at the beginning
   * @returns where the next page begins; undefined at the end
   */
  step(context: WalkContext, position: string | undefined): Promise<string | undefined>;
}
