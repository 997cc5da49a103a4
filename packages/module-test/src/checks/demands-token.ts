import type { Check } from '../check.js';
import { CheckSkipped } from '../verdicts.js';

export const demandsToken: Check = {
  name: 'demands-token',
  says: 'does not let in whoever has no token',
  cites: 'Serving: who may ask',
  async run(session) {
    if (!session.options.hasToken) throw new CheckSkipped('no token is sent; --token says it');
    const answer = await session.ask({ method: 'GET', path: '/v1/jobs', anonymous: true });
    answer.expectStatus(401, 403);
  },
};
