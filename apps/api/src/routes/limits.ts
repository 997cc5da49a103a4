import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';

const answer = z.strictObject({
  limits: z.record(z.string(), z.int()).describe('By name: global, type:<job_type>, pool:<name>.'),
  held: z.record(z.string(), z.int()).describe('How many executions hold a slot of each.'),
});

/** GET /v1/limits: how many executions may run at once, and how many do (Rules 6 and 7). */
export function limits(app: ApiApp, { services }: ApiContext): void {
  const schema = { summary: 'Limits and what is held of them', response: { 200: answer } };
  app.get('/v1/limits', { config: { permission: 'config:read' }, schema }, async () => {
    const all = await services.limits.all();
    const held = await services.limits.held([...all.keys()]);
    return { limits: Object.fromEntries(all), held: Object.fromEntries(held) };
  });
}
