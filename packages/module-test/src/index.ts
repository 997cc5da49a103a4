export type { Check } from './check.js';
export { CHECKS } from './checks/index.js';
export { testModule, type CheckResult, type ModuleTestOptions } from './run-checks.js';
export { workSchema, type Work } from './work.js';
