import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { redisUnavailable } from '../http/http-problem.js';
import { within } from '../http/within.js';

/** How long Redis may take to answer, in milliseconds. */
const ANSWER_WITHIN_MS = 1000;

/** GET /health/ready: requests can be served. */
export function healthReady(app: ApiApp, { isRedisReady, pingRedis }: ApiContext): void {
  const schema = {
    summary: 'Whether requests can be served',
    response: { 200: z.strictObject({ status: z.literal('ready') }) },
  };
  app.get('/health/ready', { config: { permission: 'public' }, schema }, async () => {
    if (!isRedisReady() || !(await within(ANSWER_WITHIN_MS, answers(pingRedis()), false)))
      throw redisUnavailable();
    return { status: 'ready' as const };
  });
}

async function answers(ping: Promise<unknown>): Promise<boolean> {
  return ping.then(
    () => true,
    () => false,
  );
}
