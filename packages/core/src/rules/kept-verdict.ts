import type { WindowEntry } from '../ports/window-store.js';
import { besideOpenChains } from './03-skip-if-running.js';
import { catchupTurn } from './04-catchup-execution.js';
import { windowEntryRestriction } from './17-execution-window-restriction.js';
import type { GateVerdict } from './verdict.js';

interface Kept {
  readonly verdict: Exclude<GateVerdict, 'RUN'>;
  /** When it was given, Redis' time, epoch milliseconds. */
  readonly time: number;
}

/**
 * A verdict by which the gate held or skipped an execution, with what it was decided from; what is let through leaves none
 * (docs/adr/0017-explain.md).
 */
export type KeptVerdict =
  | (Kept & {
      readonly rule: 3;
      readonly mode: 'SKIP' | 'QUEUE';
      readonly past_gate: number;
      /** With SKIP: a chain that was past the gate. */
      readonly open?: string;
      readonly ahead?: string;
    })
  | (Kept & { readonly rule: 4; readonly turn?: string; readonly ahead?: string })
  | (Kept & { readonly rule: 17; readonly window: WindowEntry; readonly is_retry: boolean });

/** What the rule makes now of what a kept verdict was decided from: the same, or one of the two is wrong. */
export function replayVerdict(kept: KeptVerdict): GateVerdict {
  switch (kept.rule) {
    case 3:
      return besideOpenChains(kept);
    case 4:
      return catchupTurn(kept);
    case 17:
      return windowEntryRestriction(kept, kept.time);
  }
}
