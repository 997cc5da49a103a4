import { types } from 'node:util';
import { PhiError } from '@phi/core';

const OUT_OF_MEMORY = /Out of Memory Error|failed to (allocate|offload) data|No space left/i;

/** DuckDB's messages can hold a whole line of the source. */
const MAX_MESSAGE = 2000;

const shortened = (message: string): string =>
  message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE)} ...`;

/**
 * Gives an error of DuckDB or the file system the code of the stage in which it came. One that has a code already,
 * and the reason of an abort, pass unchanged.
 */
export const stageFailure = (
  error: unknown,
  code: string,
  operation: string,
  signal: AbortSignal,
): unknown => {
  if (error instanceof PhiError || signal.aborted || !types.isNativeError(error)) return error;
  const exhausted = OUT_OF_MEMORY.test(error.message);
  return new PhiError(exhausted ? 'EXEC_007_RESOURCE_EXHAUSTED' : code, shortened(error.message), {
    operation,
    cause: error,
  });
};
