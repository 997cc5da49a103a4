import * as z from 'zod';
import { DEPENDENCY_TYPES } from './dependency.js';
import { edgeIdentifier, generatedId, identifier } from './field-types.js';

export const EDGE_KINDS = ['DECLARED', 'DATA', 'TEMPORAL'] as const;
export type EdgeKind = (typeof EDGE_KINDS)[number];

/** One dependency in the compiled graph: `to` runs after `from`. */
export const dependencyEdgeSchema = z.strictObject({
  from: identifier.describe('Upstream job.'),
  to: identifier.describe('Dependent job.'),
  dependency_id: edgeIdentifier.describe('Dependency that the edge comes from.'),
  kind: z.enum(EDGE_KINDS).describe('Declared, inferred from data flow, or bound to a time window.'),
  type: z.enum(DEPENDENCY_TYPES).describe('Which outcome of the upstream satisfies it.'),
});
export type DependencyEdge = z.infer<typeof dependencyEdgeSchema>;

/** Represents the compiled dependency structure (specification: DependencyGraph). */
export const dependencyGraphSchema = z.strictObject({
  graph_id: generatedId.describe('Graph version identifier.'),
  jobs: z.array(identifier).describe('All job IDs in graph.'),
  edges: z.array(dependencyEdgeSchema).describe('Dependency relationships.'),
  execution_order: z.array(z.array(identifier)).describe('Parallel execution layers.'),
  critical_path: z.array(identifier).describe('Longest execution chain.'),
  is_valid: z.boolean().describe('Graph passed validation.'),
  validation_errors: z.array(z.string()).describe('Validation error messages.'),
});
export type DependencyGraph = z.infer<typeof dependencyGraphSchema>;
