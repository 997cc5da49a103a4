export * from './event-intake.js';
