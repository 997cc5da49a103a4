import { formatProblem } from '@phi/core';

import { runApi } from './wiring/run-api.js';
import { readApiConfig } from './config.js';

/** Exit status for invalid configuration, as the CLI has it for invalid input. */
const EXIT_INVALID = 2;

const read = readApiConfig();
if (read.ok) {
  await runApi(read.config);
} else {
  for (const problem of read.problems) process.stderr.write(`api: ${formatProblem(problem)}\n`);
  process.exitCode = EXIT_INVALID;
}
