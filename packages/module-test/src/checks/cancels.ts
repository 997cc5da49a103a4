import { hasEnded, jobStatusSchema, type JobStatus } from '@phi/modules';

import type { Check } from '../check.js';
import { CheckFailed, CheckSkipped, demand } from '../verdicts.js';
import type { Chain, Session } from '../session.js';

/** How DELETE says what it came to. */
const statusFor = ({ state }: JobStatus): number =>
  state === 'CANCELLED' ? 200 : hasEnded(state) ? 409 : 202;

/** A job that was stopped, and is CANCELLED. */
const cancelled = async (session: Session): Promise<{ readonly ref: string; readonly chain: Chain }> => {
  const work = await session.slow();
  const chain = await session.chain(work);
  const { ref } = await session.submit(chain, work);
  const answer = await session.cancel(ref);
  const status = answer.expectStatus(200, 202, 409).read(jobStatusSchema);
  if (answer.status !== statusFor(status))
    throw new CheckFailed(
      `${answer.what} for a job that is ${status.state}; expected ${String(statusFor(status))}`,
    );
  const end = hasEnded(status.state) ? status : await session.ended(ref, chain.key());
  if (end.state !== 'CANCELLED')
    throw new CheckSkipped(
      `the job had ${end.state} before it could be stopped; --slow-request names one that takes seconds`,
    );
  return { ref, chain };
};

export const cancels: Check = {
  name: 'cancels',
  says: 'stops a job: 202 while it runs, 200 once it is CANCELLED, which it then stays',
  cites: 'What a module must keep, 4',
  needs: 'cancel',
  async run(session) {
    const { ref, chain } = await cancelled(session);
    const { state } = await session.status(ref, chain.key());
    demand(state === 'CANCELLED', `${ref} was CANCELLED, and is ${state}`);
  },
};

export const cancelsAgain: Check = {
  name: 'cancels-again',
  says: 'answers 200 to DELETE of a CANCELLED job, any number of times',
  cites: 'What a module must keep, 4',
  needs: 'cancel',
  async run(session) {
    const { ref } = await cancelled(session);
    for (let time = 2; time <= 3; time += 1) {
      const answer = await session.cancel(ref);
      const { state } = answer.expectStatus(200).read(jobStatusSchema);
      demand(state === 'CANCELLED', `${answer.what} with a job that is ${state}`);
    }
  },
};
