export * from './export-json-schemas.js';
export * from './load-definitions.js';
export { findParameterProblems, type ParameterSchemas } from './module-parameters.js';
export { resolveJobDefinition } from './resolve-job-definition.js';
export { MAX_SOURCE_BYTES, type Source } from './source-document.js';
export * from './unsupported.js';
