export * from './event-intake.js';
export * from './trigger-channels.js';
