import { jobListSchema } from '@phi/modules';

import type { Check } from '../check.js';
import { demand } from '../verdicts.js';
import type { Session } from '../session.js';

const refsOf = async (session: Session, query: Readonly<Record<string, string>>): Promise<string[]> => {
  const path = `/v1/jobs?${new URLSearchParams(query).toString()}`;
  const answer = await session.ask({ method: 'GET', path });
  return answer
    .expectStatus(200)
    .read(jobListSchema)
    .jobs.map(({ ref }) => ref);
};

export const listsJobs: Check = {
  name: 'lists-jobs',
  says: 'finds a job by its key, by the beginning of its key and by its state, and no other',
  cites: 'GET /v1/jobs',
  async run(session) {
    const { key, end } = await session.watched();
    const prefix = key.slice(0, key.indexOf('/') + 1);
    const other = end.state === 'SUCCEEDED' ? 'FAILED' : 'SUCCEEDED';
    const expected: [Readonly<Record<string, string>>, readonly string[]][] = [
      [{ idempotency_key: key }, [end.ref]],
      [{ idempotency_key: `${key}0` }, []],
      [{ prefix }, [end.ref]],
      [{ prefix: `${prefix}none` }, []],
      [{ prefix, state: end.state }, [end.ref]],
      [{ prefix, state: other }, []],
    ];
    for (const [query, refs] of expected) {
      const found = await refsOf(session, query);
      const said = `GET /v1/jobs with ${JSON.stringify(query)} found ${JSON.stringify(found)}`;
      demand(JSON.stringify(found) === JSON.stringify(refs), `${said}; expected ${JSON.stringify(refs)}`);
    }
  },
};
