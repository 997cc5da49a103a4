export { estimateStart } from './estimate-start.js';
export { percentile } from './percentile.js';
