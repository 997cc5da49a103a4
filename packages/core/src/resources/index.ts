export * from './resource-state.js';
export * from './smooth-usage.js';
export * from './watched-resources.js';
