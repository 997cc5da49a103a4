export * from './apply-event.js';
export * from './status.js';
export * from './transitions.js';
