import { randomBytes } from 'node:crypto';

import type { Clock, IdSource, Random } from '@phi/core';

/** The clock of this machine: the only reader of it. */
export const systemClock: Clock = { now: () => Date.now() };

export const systemRandom: Random = { next: () => Math.random() };

/** 72 random bits, in 12 characters that any key or path may hold. */
export const systemIds: IdSource = { next: () => randomBytes(9).toString('base64url') };
