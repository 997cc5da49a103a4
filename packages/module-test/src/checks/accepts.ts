import type { Check } from '../check.js';

export const accepts: Check = {
  name: 'accepts',
  says: 'accepts a job with 202, its ref and the key it was submitted under',
  cites: 'POST /v1/jobs',
  async run(session) {
    const work = await session.quick();
    await session.submit(await session.chain(work), work);
  },
};
