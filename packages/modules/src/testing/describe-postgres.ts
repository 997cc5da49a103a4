import { describe } from '@jest/globals';
import { missingPostgres } from '@phi/testkit';

/** Tests that need a PostgreSQL; where there is none they are reported as not run, with the reason. */
export const describePostgres = (name: string, tests: () => void): void => {
  const missing = missingPostgres();
  const declare = missing === undefined ? describe : describe.skip;
  // oxlint-disable-next-line jest/valid-title, jest/valid-describe-callback -- the caller's
  declare(missing === undefined ? name : `${name} (skipped: ${missing})`, tests);
};
