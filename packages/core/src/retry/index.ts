export * from './decide-retry.js';
