export { policyForError } from './policy-for-error.js';
export * from './decide-retry.js';
