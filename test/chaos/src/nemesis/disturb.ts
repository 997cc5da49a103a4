import { setTimeout as pause } from 'node:timers/promises';

import type { Random } from '../random.js';
import type { World } from '../world.js';
import { TARGETS, type Nemesis } from './nemesis.js';

/** Between two faults of one target, in milliseconds, */
const PAUSE_MS = [500, 5000] as const;
/** and so many times as long as the one before has lasted, so that work gets on. */
const RESTS = 2;

/**
 * Disturbs a world until it is told to end: at each target one fault after another, each kind once before any comes again. Everything is
 * healed when it resolves.
 */
export async function disturb(
  world: World,
  nemeses: readonly Nemesis[],
  random: Random,
  ended: AbortSignal,
): Promise<void> {
  await Promise.all(
    TARGETS.map((target, number) => {
      const of = nemeses.filter((nemesis) => nemesis.target === target);
      return disturbTarget(world, of, random.apart(number), ended);
    }),
  );
}

async function disturbTarget(
  world: World,
  nemeses: readonly Nemesis[],
  random: Random,
  ended: AbortSignal,
): Promise<void> {
  let lastedMs = 0;
  while (nemeses.length > 0 && !ended.aborted) {
    for (const nemesis of random.shuffled(nemeses)) {
      await waitWithin(random.whole(...PAUSE_MS) + RESTS * lastedMs, ended);
      if (ended.aborted) return;
      world.journal.inject(nemesis.name);
      await nemesis.inject(world, random);
      lastedMs = random.whole(...nemesis.lastsMs);
      await waitWithin(lastedMs, ended);
      await nemesis.heal?.(world);
      world.journal.note('heal', nemesis.name);
    }
  }
}

/** Waits, or until it is to end. */
async function waitWithin(ms: number, ended: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal: ended }).catch(() => undefined);
}
