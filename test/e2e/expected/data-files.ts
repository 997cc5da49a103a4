import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The directory of the examples' source files. */
export const sourceDirectory = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '..', 'data');
