import * as z from 'zod';
import * as structures from '../schema/index.js';
import { definitionFileSchema } from './load-definitions.js';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

/** The structures of the specification, and the names of the files that hold their JSON Schema. */
const STRUCTURES = {
  'job-definition': structures.jobDefinitionSchema,
  schedule: structures.scheduleSchema,
  trigger: structures.triggerSchema,
  dependency: structures.dependencySchema,
  execution: structures.executionSchema,
  'execution-result': structures.executionResultSchema,
  'resource-request': structures.resourceRequestSchema,
  'retry-policy': structures.retryPolicySchema,
  'dependency-graph': structures.dependencyGraphSchema,
  'scheduling-error': structures.schedulingErrorSchema,
  'dependency-error': structures.dependencyErrorSchema,
  'execution-error': structures.executionErrorSchema,
  'resource-exhaustion-error': structures.resourceExhaustionErrorSchema,
  'timeout-error': structures.timeoutErrorSchema,
  'state-corruption-error': structures.stateCorruptionErrorSchema,
  'orchestration-health-status': structures.orchestrationHealthStatusSchema,
} as const satisfies Record<string, z.ZodType>;

/** The file for editors: what a file of definitions may hold. */
export const DEFINITIONS_SCHEMA_FILE = 'phi-definitions.schema.json';

/**
 * JSON Schema of everything an author or a caller sees.
 *
 * @returns file name to the schema, as an object ready for JSON
 */
export function exportJsonSchemas(): Record<string, object> {
  const files = Object.entries(STRUCTURES).map(
    ([name, schema]) => [`${name}.schema.json`, jsonSchema(schema)] as const,
  );
  return { [DEFINITIONS_SCHEMA_FILE]: definitionsSchema(), ...Object.fromEntries(files) };
}

function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: 'input' });
}

/** One job, a list of jobs or a mapping of both and more; written once, referred to from all three. */
function definitionsSchema(): object {
  const job = withoutDraft(jsonSchema(structures.authoredJobDefinitionSchema));
  const file = withoutDraft(
    jsonSchema(definitionFileSchema.extend({ jobs: z.array(z.unknown()).optional() })),
  );
  const jobs = { type: 'array', description: 'Job definitions.', items: { $ref: '#/$defs/job' } };
  const properties = { ...('properties' in file ? (file.properties as object) : {}), jobs };
  return {
    $schema: DRAFT,
    title: 'Phi definitions',
    description: 'A job, a list of jobs, or jobs, pools, limits and modules.',
    anyOf: [
      { $ref: '#/$defs/job' },
      { type: 'array', items: { $ref: '#/$defs/job' } },
      { $ref: '#/$defs/file' },
    ],
    $defs: { job, file: { ...file, properties } },
  };
}

function withoutDraft(schema: object): object {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'));
}
