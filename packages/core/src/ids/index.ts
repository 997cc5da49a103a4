export * from './derive-id.js';
