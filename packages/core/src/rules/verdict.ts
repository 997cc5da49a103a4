/** What a rule of the gate makes of an execution that would go on: lets it, skips it, or holds it where it is. */
export type GateVerdict = 'RUN' | 'SKIP' | 'HOLD';

/** What a limit makes of an execution that would take a slot. */
export type LimitVerdict = 'ADMIT' | 'WAIT';
