export * from './event-depth.js';
export * from './event-intake.js';
export * from './file-pattern.js';
export * from './trigger-channels.js';
export * from './trigger-source.js';
