export * from './config/index.js';
export * from './errors/index.js';
export * from './graph/index.js';
export * from './ids/index.js';
export * from './ports/index.js';
export * from './retry/index.js';
export * from './schema/index.js';
export * from './state/index.js';
