import { jobListSchema } from '@phi/modules';

import type { Check } from '../check.js';
import { demand } from '../verdicts.js';

const AT_ONCE = 8;

export const sameKeyAtOnce: Check = {
  name: 'same-key-at-once',
  says: `makes one job of ${String(AT_ONCE)} submissions under one key at the same time`,
  cites: 'What a module must keep, 1',
  async run(session) {
    const work = await session.quick();
    const chain = await session.chain(work);
    const jobs = await Promise.all(Array.from({ length: AT_ONCE }, () => session.submit(chain, work)));
    const refs = [...new Set(jobs.map(({ ref }) => ref))];
    demand(refs.length === 1, `${String(AT_ONCE)} submissions made ${refs.join(', ')}`);
    const path = `/v1/jobs?idempotency_key=${encodeURIComponent(chain.key())}`;
    const answer = await session.ask({ method: 'GET', path });
    const listed = answer.expectStatus(200).read(jobListSchema).jobs.length;
    demand(listed === 1, `${answer.what} with ${String(listed)} jobs of one key`);
  },
};
