export * from './choose-checkpoint.js';
export * from './stored-checkpoint.js';
