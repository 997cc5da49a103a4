import type { Check } from '../check.js';
import { CheckSkipped } from '../verdicts.js';

export const takesCheckpointBack: Check = {
  name: 'takes-checkpoint-back',
  says: 'accepts the checkpoint that it gave, under the next generation, and brings the job to an end',
  cites: 'The job request: checkpoint',
  needs: 'checkpoints',
  async run(session) {
    const work = await session.quick();
    const chain = await session.chain(work);
    const { ref } = await session.submit(chain, work);
    const { checkpoint } = await session.ended(ref, chain.key());
    if (checkpoint === undefined) throw new CheckSkipped('the job left no checkpoint');
    const next = { generation: 2, attempt: 2, fence: 2, checkpoint };
    const resumed = await session.submit(chain, work, next);
    await session.ended(resumed.ref, chain.key(2));
  },
};
