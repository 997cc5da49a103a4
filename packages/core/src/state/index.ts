export * from './apply-event.js';
export * from './notes.js';
export * from './status.js';
export * from './transitions.js';
export * from './render-state-machine.js';
