export * from './classify-error.js';
export * from './decide-retry.js';
