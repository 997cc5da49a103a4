export { createLogger, type Logger } from './logger.js';
export { systemClock, systemIds, systemRandom } from './system.js';
