import { listedFamilies } from './listed-families.js';
import { markedFamilies } from './marked-families.js';
import type { ProcessFamilies } from './process-family.js';

/** As this platform lets processes be found. */
export const processFamilies = (): ProcessFamilies =>
  process.platform === 'linux' ? markedFamilies() : listedFamilies();
