export * from './event-depth.js';
export * from './event-intake.js';
export * from './trigger-channels.js';
