import type { Unreachable } from '@phi/client';

import { CliError } from '../cli-error.js';

/** That the API does not answer, as the end of a command. */
export function unreachableError(error: Unreachable): CliError {
  const advice = 'start Phi with `npm start`, or say where it is with --url or PHI_API_URL';
  return CliError.failed([`${error.message} at ${error.url}: ${advice}`], error);
}
