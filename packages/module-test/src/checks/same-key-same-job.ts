import type { Check } from '../check.js';
import { demand } from '../verdicts.js';

export const sameKeySameJob: Check = {
  name: 'same-key-same-job',
  says: 'answers with the same ref to the same key: at once, for a later attempt, and after the end',
  cites: 'What a module must keep, 1',
  async run(session) {
    const work = await session.quick();
    const chain = await session.chain(work);
    const first = await session.submit(chain, work);
    const again = await session.submit(chain, work);
    demand(again.ref === first.ref, `the same request made ${again.ref} beside ${first.ref}`);
    const later = await session.submit(chain, work, { attempt: 2, fence: 2 });
    demand(
      later.ref === first.ref,
      `a later attempt made ${later.ref} beside ${first.ref}; execution_context is no part of the work`,
    );
    await session.ended(first.ref, chain.key());
    const ended = await session.submit(chain, work, { attempt: 3, fence: 3 });
    demand(ended.ref === first.ref, `after the end of ${first.ref}, its key made ${ended.ref}`);
  },
};
