import { isTerminal } from '@phi/core';

import { idsOf } from './chains.js';
import { violationOf, type Check } from './check.js';

const violation = violationOf(7);

/** Every execution that BullMQ holds exists, and every admitted one is in BullMQ or being repaired. */
export const deliveriesKnown: Check = ({ executions, delivered, admitted }) => {
  const known = new Set(idsOf(executions));
  const ended = new Set(idsOf(executions.filter(({ status }) => isTerminal(status))));
  const unknown = delivered.filter((id) => !known.has(id));
  const over = admitted.filter((id) => ended.has(id) || !known.has(id));
  return [
    ...unknown.map((id) => violation('BullMQ holds an execution that does not exist', [id], {})),
    ...over.map((id) => violation('an execution that has ended waits to be claimed', [id], {})),
  ];
};
