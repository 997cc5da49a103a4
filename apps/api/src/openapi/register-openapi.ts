import swagger from '@fastify/swagger';
import { authoredJobDefinitionSchema, executionSchema, jobDefinitionSchema, problemDetailsSchema } from '@phi/core';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import * as z from 'zod';

import type { ApiApp } from '../api-context.js';

/** Structures that the document names once and refers to. */
const NAMED = z
  .registry<{ id: string }>()
  .add(authoredJobDefinitionSchema, { id: 'AuthoredJobDefinition' })
  .add(jobDefinitionSchema, { id: 'JobDefinition' })
  .add(executionSchema, { id: 'Execution' })
  .add(problemDetailsSchema, { id: 'ProblemDetails' });

const PROBLEM = {
  description: 'A problem (RFC 9457).',
  content: { 'application/problem+json': { schema: problemDetailsSchema } },
};

/** Describes every route that is registered from now on. */
export async function registerOpenApi(app: ApiApp): Promise<void> {
  const transform = createJsonSchemaTransform({ schemaRegistry: NAMED });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Phi', version: '1', description: 'Pipeline orchestrator: the control plane.' },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key.' } } },
    },
    transform: (document) => {
      const { route, schema } = document;
      const access = route.config?.permission;
      const secured = access === undefined || access === 'public' ? {} : { security: [{ key: [access] }] };
      const described = { ...schema, ...secured, response: { ...(schema?.response as object | undefined), default: PROBLEM } };
      return transform({ ...document, schema: described });
    },
    transformObject: createJsonSchemaTransformObject({ schemaRegistry: NAMED }),
  });
}
