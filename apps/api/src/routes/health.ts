import { orchestrationHealthStatusSchema } from '@phi/core';
import { readHealth } from '@phi/engine';

import type { ApiApp, ApiContext } from '../api-context.js';

/** GET /health: OrchestrationHealthStatus (specification: Health Check Integration). */
export function health(app: ApiApp, { services }: ApiContext): void {
  const schema = { summary: 'How Phi is doing', response: { 200: orchestrationHealthStatusSchema } };
  app.get('/health', { config: { permission: 'health:read' }, schema }, async () => readHealth(services));
}
