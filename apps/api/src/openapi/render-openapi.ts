import { fastify } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { ROUTES } from '../routes/index.js';
import { registerOpenApi } from './register-openapi.js';

/** Routes touch their context when they are called, and here none is. */
const NO_CONTEXT = {} as ApiContext;

/**
 * The OpenAPI document of the routes, for `docs/`.
 *
 * @returns JSON text that ends in a line feed
 */
export async function renderOpenApi(): Promise<string> {
  const app: ApiApp = fastify().withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
  await registerOpenApi(app);
  for (const route of ROUTES) route(app, NO_CONTEXT);
  await app.ready();
  const text = `${JSON.stringify(app.swagger(), undefined, 2)}\n`;
  await app.close();
  return text;
}
