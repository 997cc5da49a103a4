export * from './finding.js';
export * from './finding-codes.js';
export * from './invariants.js';
