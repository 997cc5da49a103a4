import { CONVERSIONS } from './conversions.js';
import type { FunctionRow } from './function-row.js';
import { SIZE_FUNCTIONS } from './size-functions.js';
import { TEXT_FUNCTIONS } from './text-functions.js';
import { TIME_FUNCTIONS } from './time-functions.js';

/** Every function that an expression may call; there are no others. */
export const FUNCTIONS: readonly FunctionRow[] = [
  ...SIZE_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...CONVERSIONS,
  ...TIME_FUNCTIONS,
];
