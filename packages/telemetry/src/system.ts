import { randomBytes } from 'node:crypto';

import type { Clock, IdSource, Random } from '@phi/core';

/** The clock of this machine: the only reader of it. */
export const systemClock: Clock = { now: () => Date.now() };

export const systemRandom: Random = { next: () => Math.random() };

const ID_BYTES = 8;
/** Random bytes are drawn for many ids at once: each draw costs as much as the bytes of hundreds. */
const POOL_BYTES = 512 * ID_BYTES;

let pool = Buffer.alloc(0);
let used = 0;

/** 64 random bits in hexadecimal. */
export const systemIds: IdSource = {
  next() {
    if (used >= pool.length) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    used += ID_BYTES;
    return pool.toString('hex', used - ID_BYTES, used);
  },
};
