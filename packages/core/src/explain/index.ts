export * from './dependency-verdicts.js';
export * from './hold-kinds.js';
export { replayExecution } from './replay-execution.js';
export { traceExecution } from './trace-execution.js';
