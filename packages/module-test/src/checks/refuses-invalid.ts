import type { Check } from '../check.js';
import type { Session } from '../session.js';

const submit = async (session: Session, body: string): Promise<void> => {
  const chain = await session.chain();
  const answer = await session.ask({
    method: 'POST',
    path: '/v1/jobs',
    headers: { 'idempotency-key': chain.key() },
    body,
  });
  answer.expectProblem([400, 422]);
};

export const refusesInvalid: Check = {
  name: 'refuses-invalid',
  says: 'refuses what is no job request as problem details',
  cites: 'Errors: INVALID_REQUEST',
  run: (session) => submit(session, JSON.stringify({ type: 'NOTHING', parameters: 7 })),
};

export const refusesMalformed: Check = {
  name: 'refuses-malformed',
  says: 'refuses what is no JSON as problem details',
  cites: 'Errors: INVALID_REQUEST',
  run: (session) => submit(session, '{"type": "GENERIC", '),
};
