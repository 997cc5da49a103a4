import { randomBytes } from 'node:crypto';

import type { Clock, IdSource, Random } from '@phi/core';

/** The clock of this machine: the only reader of it. */
export const systemClock: Clock = { now: () => Date.now() };

export const systemRandom: Random = { next: () => Math.random() };

/** 64 random bits in hexadecimal. */
export const systemIds: IdSource = { next: () => randomBytes(8).toString('hex') };
