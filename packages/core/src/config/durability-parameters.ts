import * as z from 'zod';

import { integer, parameter } from './parameter.js';

const DURABILITIES = ['NONE', 'LOCAL', 'REPLICA'] as const;

/** When what was asked for counts as done (docs/adr/0033-redis-in-trouble.md). */
export const DURABILITY_PARAMETERS = {
  DURABILITY: parameter(
    'Durability',
    z.enum(DURABILITIES),
    'NONE',
    null,
    'What a request, an event or a message is acknowledged after. NONE: Redis has it in memory. LOCAL: it is in its append-only file on disk, which needs Redis 7.2 or Valkey. REPLICA: DURABILITY_REPLICAS replicas have it.',
  ),
  DURABILITY_REPLICAS: parameter(
    'Durability',
    integer(1, 10),
    1,
    'replicas',
    'How many replicas must have it, with DURABILITY=REPLICA.',
  ),
  DURABILITY_TIMEOUT_MS: parameter(
    'Durability',
    integer(10, 4000),
    2000,
    'ms',
    'How long that may take. Past it the answer is 503 STATE_050_NOT_DURABLE: it was done, and may be lost with Redis; repeating the request is safe.',
  ),
} as const;
