import type { DependencyGraph } from '../schema/dependency-graph.js';
import type { CompiledGraph } from './compile-graph.js';

/** The compiled graph as the specification's DependencyGraph. */
export function viewGraph(graph: CompiledGraph): DependencyGraph {
  return {
    graph_id: graph.graph_id,
    jobs: [...graph.jobs],
    edges: graph.edges.map((edge) => ({ ...edge })),
    execution_order: graph.execution_order.map((layer) => [...layer]),
    critical_path: [...graph.critical_path],
    is_valid: graph.is_valid,
    validation_errors: [...graph.validation_errors],
  };
}
