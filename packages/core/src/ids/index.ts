export * from './callback-key.js';
export * from './derive-id.js';
