import { formatProblem, type Problem } from '@phi/core';

/** A service will not work with what it was given. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
  }
}

/** Exit status for invalid configuration, as the CLI has it for invalid input. */
export const EXIT_INVALID = 2;

/** Tells each problem in a line. @param name - of the service */
export function tellProblems(name: string, problems: readonly Problem[]): void {
  for (const problem of problems) process.stderr.write(`${name}: ${formatProblem(problem)}\n`);
}

/** Ends a process whose start was refused, once it has told why; any other error is thrown on. @param name - of the service */
export function exitRefused(name: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof StartRefused)) throw error;
    tellProblems(name, error.problems);
    process.exit(EXIT_INVALID);
  };
}
