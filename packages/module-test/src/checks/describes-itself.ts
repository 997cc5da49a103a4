import { CONTRACT_VERSION } from '@phi/modules';

import type { Check } from '../check.js';
import { demand } from '../verdicts.js';

const MAJOR = /^\d+/;

export const describesItself: Check = {
  name: 'describes-itself',
  says: 'says who it is, and that it has this version of the contract',
  cites: 'GET /v1/module',
  async run(session) {
    const { contract_version: version } = await session.describe();
    const [ours] = MAJOR.exec(CONTRACT_VERSION) ?? [];
    demand(
      MAJOR.exec(version)?.[0] === ours,
      `it has version ${version} of the contract; expected ${String(ours)}.x`,
    );
  },
};
