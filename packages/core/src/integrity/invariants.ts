/** What has to hold of the whole store at every instant, by number (docs/adr/0032-fsck.md). */
export const INVARIANTS = {
  1: 'every execution is in one state, and what is open has somebody who moves it on',
  2: 'no fence comes again or goes back',
  3: 'who holds slots is who runs, or is about to',
  4: 'what has ended has released its dependents',
  5: 'attempts are within their bounds, and a chain has one outcome',
  6: 'every fire time has one outcome in its ledger',
  7: 'what BullMQ holds exists, and what is admitted is delivered',
  8: 'checkpoints never go back',
  9: 'every history is a path of the transition table',
  10: 'bodies that ran again are counted',
} as const;

export type Invariant = keyof typeof INVARIANTS;

export const INVARIANT_NUMBERS = Object.keys(INVARIANTS).map(Number) as readonly Invariant[];
