export * from './api-key-store.js';
export * from './attempt-runner.js';
export * from './clock.js';
export * from './delivery-queue.js';
export * from './error-reporter.js';
export * from './event-store.js';
export * from './execution-store.js';
export * from './stores.js';
