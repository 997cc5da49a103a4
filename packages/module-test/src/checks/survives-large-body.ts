import type { Check } from '../check.js';

/** More than Phi ever sends. */
const BYTES = 2 * 1024 * 1024;

export const survivesLargeBody: Check = {
  name: 'survives-large-body',
  says: 'answers to a body of 2 MiB: takes it, or refuses it as problem details',
  cites: 'Errors: a refused request says why',
  async run(session) {
    const work = await session.quick();
    const chain = await session.chain(work);
    const answer = await session.post(chain, work, { checkpoint: 'x'.repeat(BYTES) });
    if (answer.status !== 202) answer.expectProblem([400, 413, 422]);
  },
};
