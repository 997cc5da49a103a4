import { isTerminal } from '@phi/core';

import { idsOf } from './chains.js';
import type { Check } from './check.js';

/** Every execution that BullMQ holds exists, and every admitted one is in BullMQ or being repaired. */
export const deliveriesKnown: Check = ({ executions, delivered, admitted }) => {
  const known = new Set(idsOf(executions));
  const ended = new Set(idsOf(executions.filter(({ status }) => isTerminal(status))));
  const unknown = delivered.filter((id) => !known.has(id));
  const over = admitted.filter((id) => ended.has(id) || !known.has(id));
  return [
    ...unknown.map((id) => ({
      invariant: 7 as const,
      what: 'BullMQ holds an execution that does not exist',
      executions: [id],
      evidence: {},
    })),
    ...over.map((id) => ({
      invariant: 7 as const,
      what: 'an execution that has ended waits to be claimed',
      executions: [id],
      evidence: {},
    })),
  ];
};
