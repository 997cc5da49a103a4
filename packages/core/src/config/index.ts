export * from './parameters.js';
export { parseConfig, type ConfigResult } from './parse-config.js';
export * from './render-configuration-doc.js';
