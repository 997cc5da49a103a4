import { formatProblem, type Problem } from '@phi/core';

/** A service will not work with what it was given. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
  }
}
