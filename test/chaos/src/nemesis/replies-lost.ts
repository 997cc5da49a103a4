import type { Nemesis } from './nemesis.js';

/** Of what Redis answers, so many in a hundred are lost. */
const LOST_PERCENT = [1, 5] as const;

/** Redis does what it is asked, and who asked is not told. */
export const repliesLost: Nemesis = {
  name: 'replies-lost',
  target: 'redis',
  lastsMs: [1000, 5000],
  inject(world, random) {
    const share = random.whole(...LOST_PERCENT) / 100;
    world.journal.note('lose', `${String(share)} of the replies`);
    world.proxy.loseReplies(() => random.chance(share));
    return Promise.resolve();
  },
  heal(world) {
    world.proxy.loseReplies(undefined);
    return Promise.resolve();
  },
};
