import { InvalidId, Unreachable } from '@phi/client';
import { CommanderError } from 'commander';

import { ApiRefusal } from './api/api-error.js';
import { unreachableError } from './api/unreachable.js';
import { CliError } from './cli-error.js';
import { EXIT, type ExitStatus } from './exit-status.js';
import { plainText } from './output/plain-text.js';

/**
 * The status that an error ends the program with; what its user has to know is written.
 *
 * @param signal - aborted when Ctrl-C was the cause
 */
export function endedStatus(
  error: unknown,
  signal: AbortSignal,
  stderr: { write(text: string): unknown },
): ExitStatus {
  if (signal.aborted) return EXIT.interrupted;
  // commander has written its message, and for --help and --version the answer, already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.invalid;
  const known = asCliError(error);
  if (known instanceof CliError) {
    const [first = '', ...others] = known.lines.map(plainText);
    stderr.write(`phi: ${[first, ...others].join('\n  ')}\n`);
    return known.exitStatus;
  }
  stderr.write(
    `phi: this should not have happened: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.failed;
}

function asCliError(error: unknown): unknown {
  if (error instanceof Unreachable) return unreachableError(error);
  if (error instanceof InvalidId) return CliError.invalid([error.message], error);
  return error instanceof ApiRefusal ? error.toCliError() : error;
}
