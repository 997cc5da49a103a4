import type { ApiApp } from '../api-context.js';

/** GET /openapi.json: this API, described. */
export function openApiDocument(app: ApiApp): void {
  app.get('/openapi.json', { config: { permission: 'public' }, schema: { hide: true } }, async () =>
    app.swagger(),
  );
}
