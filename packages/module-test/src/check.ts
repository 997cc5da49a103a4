import type { Session } from './session.js';

/** Something that the contract demands of a module, and whether a module does it. */
export interface Check {
  /** As `--only` names it. */
  readonly name: string;
  /** What a module that passes does. */
  readonly says: string;
  /** Where the contract has it. */
  readonly cites: string;
  /** Left out for a module that does not say it has this capability (`GET /v1/module`). */
  readonly needs?: string;
  /** @throws CheckFailed; CheckSkipped; the signal's reason */
  run(session: Session): Promise<void>;
}
