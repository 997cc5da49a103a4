import { dateTime } from '@phi/core';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { isoTime } from '../http/times.js';

const orphan = z.strictObject({
  module: z.string(),
  url: z.string().describe('The module’s address, or `queue:` and the name of its queue.'),
  ref: z
    .string()
    .nullable()
    .describe('The job’s reference; null where its submission was never answered, and on a queue.'),
  key: z.string().describe('The Idempotency-Key it was submitted under, or its id on the queue.'),
  execution_id: z.string().describe('The attempt that submitted it.'),
  since: dateTime.describe('When it was submitted.'),
  found: dateTime.describe('When nobody waited for it any more.'),
  tries: z.int().describe('How often cancelling it was tried in vain.'),
  next_try: dateTime,
  problem: z.string().describe('Why the last try was in vain.'),
});

/** GET /v1/remote-orphans: jobs of remote modules that outlived their execution and cannot be cancelled yet. */
export function remoteOrphans(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Jobs of remote modules that outlived their execution',
    response: { 200: z.strictObject({ items: z.array(orphan) }) },
  };
  app.get('/v1/remote-orphans', { config: { permission: 'executions:read' }, schema }, async () => {
    const orphans = await services.remoteJobs.orphans();
    const items = orphans.map(({ stage, url, ref, key, execution_id, ...rest }) => ({
      module: stage,
      url,
      ref: ref ?? null,
      key,
      execution_id,
      since: isoTime(rest.since),
      found: isoTime(rest.found),
      tries: rest.tries,
      next_try: isoTime(rest.next_try),
      problem: rest.problem,
    }));
    return { items };
  });
}
