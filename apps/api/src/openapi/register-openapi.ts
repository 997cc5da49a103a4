import swagger, { type SwaggerTransformObject } from '@fastify/swagger';
import {
  authoredJobDefinitionSchema,
  cloudEventSchema,
  executionSchema,
  jobDefinitionSchema,
  problemDetailsSchema,
} from '@phi/core';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import * as z from 'zod';

import type { RouteAccess } from '../access/permissions.js';
import type { ApiApp } from '../api-context.js';

/** Structures that the document names once and refers to. */
const NAMED = z
  .registry<{ id: string }>()
  .add(authoredJobDefinitionSchema, { id: 'AuthoredJobDefinition' })
  .add(jobDefinitionSchema, { id: 'JobDefinition' })
  .add(cloudEventSchema, { id: 'CloudEvent' })
  .add(executionSchema, { id: 'Execution' })
  .add(problemDetailsSchema, { id: 'ProblemDetails' });

/** Descriptions stand in zod's own registry, which the named structures' registry hides. */
const SETTINGS = {
  schemaRegistry: NAMED,
  zodToJsonConfig: {
    override: ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: object }) => {
      Object.assign(jsonSchema, z.globalRegistry.get(zodSchema));
    },
  },
};

const PROBLEM = {
  description: 'A problem (RFC 9457).',
  content: { 'application/problem+json': { schema: problemDetailsSchema } },
};

/** Describes every route that is registered from now on. */
export async function registerOpenApi(app: ApiApp): Promise<void> {
  const transform = createJsonSchemaTransform(SETTINGS);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Phi', version: '1', description: 'Pipeline orchestrator: the control plane.' },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key.' },
          signature: {
            type: 'apiKey',
            in: 'header',
            name: 'webhook-signature',
            description: 'A signature over webhook-id, webhook-timestamp and the body (Standard Webhooks).',
          },
        },
      },
    },
    transform: (document) => {
      const { route, schema } = document;
      const described = {
        ...schema,
        ...securityOf(route.config?.permission),
        response: { ...(schema?.response as object | undefined), default: PROBLEM },
      };
      return transform({ ...document, schema: described });
    },
    transformObject: withoutUnused(createJsonSchemaTransformObject(SETTINGS)),
  });
}

function securityOf(access: RouteAccess | undefined): { security?: Record<string, string[]>[] } {
  if (access === undefined || access === 'public') return {};
  return { security: [access === 'signed' ? { signature: [] } : { key: [access] }] };
}

/** Each named structure is made twice, as it is sent and as it is answered; most are only ever one of them. */
function withoutUnused(transformObject: SwaggerTransformObject): SwaggerTransformObject {
  return (document) => {
    const described = transformObject(document);
    const { schemas, ...components } = ('components' in described ? described.components : undefined) ?? {};
    const text = JSON.stringify(described);
    const used = Object.entries(schemas ?? {}).filter(([name]) =>
      text.includes(`"#/components/schemas/${name}"`),
    );
    return {
      ...described,
      components: { ...components, schemas: Object.fromEntries(used) },
    } as typeof described;
  };
}
