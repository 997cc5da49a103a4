import { ENFORCEMENT_MODES } from '@phi/core';
import type { Services } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';

export const limitsSchema = z.strictObject({
  limits: z
    .record(z.string(), z.int())
    .describe(
      'By name: global, type:<job_type>, pool:<name>, job:<job_id>; places: what the executors offer.',
    ),
  held: z.record(z.string(), z.int()).describe('How many executions hold a slot of each.'),
  enforcement_mode: z
    .enum(ENFORCEMENT_MODES)
    .describe('What becomes of a trigger while the global limit is full: it is queued, or rejected.'),
});

/** GET /v1/limits: how many executions may run at once, and how many do (Rules 6 and 7). */
export function limits(app: ApiApp, { services }: ApiContext): void {
  const schema = { summary: 'Limits and what is held of them', response: { 200: limitsSchema } };
  app.get('/v1/limits', { config: { permission: 'config:read' }, schema }, async () => viewLimits(services));
}

export async function viewLimits({ limits: store }: Services): Promise<z.infer<typeof limitsSchema>> {
  const [all, enforcement_mode] = await Promise.all([store.all(), store.enforcementMode()]);
  const held = await store.held([...all.keys()]);
  return { limits: Object.fromEntries(all), held: Object.fromEntries(held), enforcement_mode };
}
