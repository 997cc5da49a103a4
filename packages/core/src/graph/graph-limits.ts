/** Jobs of one namespace (design: Limits and refusals). */
export const MAX_GRAPH_JOBS = 100_000;

/** Edges of one graph: a dataset with a thousand producers and a thousand consumers alone is a million. */
export const MAX_GRAPH_EDGES = 1_000_000;
