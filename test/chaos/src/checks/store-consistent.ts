import type { Check } from './check.js';

/** What `phi fsck` finds: everything that can be seen of the store alone, slots and indexes and sums among it. */
export const storeConsistent: Check = ({ findings }) =>
  findings.map(({ invariant, code, subject, detail }) => ({
    invariant,
    what: `fsck: ${code}`,
    executions: subject.kind === 'execution' ? [subject.id] : [],
    evidence: { subject, detail },
  }));
