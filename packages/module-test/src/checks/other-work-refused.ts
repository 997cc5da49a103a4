import type { Check } from '../check.js';

export const otherWorkRefused: Check = {
  name: 'other-work-refused',
  says: 'refuses other work under a known key with 409, KEY_REUSED',
  cites: 'What a module must keep, 1',
  async run(session) {
    const work = await session.quick();
    const chain = await session.chain(work);
    await session.submit(chain, work);
    const answer = await session.post(chain, work, { otherWork: true });
    answer.expectProblem([409], 'KEY_REUSED');
  },
};
