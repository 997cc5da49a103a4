export * from './compile-graph.js';
export * from './compile-plan.js';
