export { compileParameterSchema, MAX_PARAMETER_SCHEMA_BYTES } from './compile-parameter-schema.js';
export type { ParameterSchema, ParameterSchemaResult } from './compile-parameter-schema.js';
export type { Violation } from './describe-violation.js';
