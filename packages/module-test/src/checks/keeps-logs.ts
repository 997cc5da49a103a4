import { jobLogsSchema } from '@phi/modules';

import type { Check } from '../check.js';
import { demand } from '../verdicts.js';
import type { Session } from '../session.js';

const sequences = async (session: Session, ref: string, after?: number): Promise<number[]> => {
  const query = after === undefined ? '' : `?after=${String(after)}`;
  const answer = await session.ask({ method: 'GET', path: `/v1/jobs/${ref}/logs${query}` });
  return answer
    .expectStatus(200)
    .read(jobLogsSchema)
    .lines.map(({ sequence }) => sequence);
};

export const keepsLogs: Check = {
  name: 'keeps-logs',
  says: 'has the lines of a job in order, and those after one that is known',
  cites: 'GET /v1/jobs/{ref}/logs',
  needs: 'logs',
  async run(session) {
    const { end } = await session.watched();
    const all = await sequences(session, end.ref);
    const ascending = all.every((sequence, index) => index === 0 || sequence > (all[index - 1] ?? 0));
    demand(ascending, `the sequences of the lines do not grow: ${all.join(', ')}`);
    const last = all.at(-1) ?? 0;
    const rest = await sequences(session, end.ref, last);
    demand(
      rest.length === 0,
      `after=${String(last)} has the line ${String(rest[0])}, the last being ${String(last)}`,
    );
  },
};
