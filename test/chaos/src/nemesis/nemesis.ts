import type { Random } from '../random.js';
import type { World } from '../world.js';

/** What is disturbed: of each there is one fault at a time, and those of different ones go together. */
export const TARGETS = ['executors', 'services', 'redis'] as const;
export type Target = (typeof TARGETS)[number];

/** A kind of fault. One of them is injected and healed in turn; what is between is its own to keep. */
export interface Nemesis {
  readonly name: string;
  readonly target: Target;
  /** How long it lasts: at least, at most, in milliseconds. */
  readonly lastsMs: readonly [number, number];
  inject(world: World, random: Random): Promise<void>;
  /** Not there where it heals by itself. */
  heal?(world: World): Promise<void>;
}
