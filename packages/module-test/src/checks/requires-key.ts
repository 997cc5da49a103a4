import type { Check } from '../check.js';

export const requiresKey: Check = {
  name: 'requires-key',
  says: 'refuses a job without an Idempotency-Key',
  cites: 'POST /v1/jobs: Idempotency-Key is required',
  async run(session) {
    const work = await session.quick();
    const body = JSON.stringify(session.request(await session.chain(work), work));
    const answer = await session.ask({ method: 'POST', path: '/v1/jobs', body });
    answer.expectProblem([400, 422]);
  },
};
