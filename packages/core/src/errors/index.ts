export * from './error-category.js';
export * from './error-codes.js';
export { errorFingerprint } from './error-fingerprint.js';
export { nearest } from './nearest.js';
export * from './phi-error.js';
export * from './problem.js';
export * from './render-errors-doc.js';
export { findProblems, type LocatedProblem } from './zod-problems.js';
