import { EXIT, type ExitStatus } from './exit-status.js';

/** Ends a command with a message for its user; the first line follows `phi: `, the others are indented. */
export class CliError extends Error {
  override readonly name = 'CliError';

  private constructor(
    readonly exitStatus: ExitStatus,
    readonly lines: readonly string[],
    cause?: unknown,
  ) {
    super(lines.join('\n'), cause === undefined ? undefined : { cause });
  }

  /** It was tried, and it failed. */
  static failed(lines: readonly string[], cause?: unknown): CliError {
    return new CliError(EXIT.failed, lines, cause);
  }

  /** What was asked for is not valid. */
  static invalid(lines: readonly string[], cause?: unknown): CliError {
    return new CliError(EXIT.invalid, lines, cause);
  }
}

/** A wrong argument or option: which one, why, and what would be accepted. */
export function usageError(field: string, reason: string, accepted: string): CliError {
  return CliError.invalid([`${field} ${reason}; accepted: ${accepted}`]);
}
