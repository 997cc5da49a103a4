import type { Check } from '../check.js';
import { demand } from '../verdicts.js';

export const nextGeneration: Check = {
  name: 'next-generation',
  says: 'begins another job under the next generation of a key',
  cites: 'Attempts and keys',
  async run(session) {
    const work = await session.quick();
    const chain = await session.chain(work);
    const first = await session.submit(chain, work);
    await session.ended(first.ref, chain.key());
    const next = await session.submit(chain, work, { generation: 2, attempt: 2, fence: 2 });
    demand(next.ref !== first.ref, `the key ${chain.key(2)} answered with the job of ${chain.key(1)}`);
    await session.ended(next.ref, chain.key(2));
  },
};
