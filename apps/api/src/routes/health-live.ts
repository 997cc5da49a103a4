import * as z from 'zod';

import type { ApiApp } from '../api-context.js';

/** GET /health/live: the process answers. */
export function healthLive(app: ApiApp): void {
  const schema = {
    summary: 'Whether the process answers',
    response: { 200: z.strictObject({ status: z.literal('ok') }) },
  };
  app.get('/health/live', { config: { permission: 'public' }, schema }, async () => ({
    status: 'ok' as const,
  }));
}
