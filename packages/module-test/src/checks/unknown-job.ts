import { randomUUID } from 'node:crypto';

import type { Check } from '../check.js';

export const unknownJob: Check = {
  name: 'unknown-job',
  says: 'answers 404 for a ref that it does not know, to look and to stop',
  cites: 'Errors: UNKNOWN_JOB',
  async run(session) {
    const path = `/v1/jobs/${randomUUID()}`;
    const looked = await session.ask({ method: 'GET', path });
    looked.expectProblem([404]);
    const stopped = await session.ask({ method: 'DELETE', path });
    stopped.expectProblem([404]);
  },
};
