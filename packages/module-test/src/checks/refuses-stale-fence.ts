import type { Check } from '../check.js';

export const refusesStaleFence: Check = {
  name: 'refuses-stale-fence',
  says: 'refuses an earlier attempt of a chain, to submit and to stop, with 409, STALE_FENCE',
  cites: 'What a module must keep, 6',
  needs: 'fences',
  async run(session) {
    const work = await session.quick();
    const chain = await session.chain(work);
    const { ref } = await session.submit(chain, work, { attempt: 2, fence: 20 });
    const submitted = await session.post(chain, work, { fence: 10 });
    submitted.expectProblem([409], 'STALE_FENCE');
    const stopped = await session.cancel(ref, 10);
    stopped.expectProblem([409], 'STALE_FENCE');
  },
};
