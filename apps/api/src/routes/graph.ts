import { dependencyGraphSchema } from '@phi/core';

import type { ApiApp, ApiContext } from '../api-context.js';
import { viewGraph } from '../definitions/graph-view.js';

/** GET /v1/graph: the DependencyGraph of all registered jobs. */
export function graph(app: ApiApp, { services }: ApiContext): void {
  const schema = { summary: 'The graph of all jobs', response: { 200: dependencyGraphSchema } };
  app.get('/v1/graph', { config: { permission: 'jobs:read' }, schema }, async () =>
    viewGraph((await services.catalog.current()).graph),
  );
}
