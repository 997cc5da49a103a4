export * from './connection-bounds.js';
export * from './redis-failure.js';
export * from './data-loss.js';
export * from './server-requirements.js';
export * from './unanswered-commands.js';
