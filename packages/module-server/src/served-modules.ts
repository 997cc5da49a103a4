import type { ChildModule, JobRequest } from '@phi/modules';

import { Refusal } from './refusal.js';

/** Which built-in module does the work of which type of request. */
const BY_TYPE: Readonly<Partial<Record<JobRequest['type'], string>>> = {
  INGESTION: 'ALPHA',
  TRANSFORMATION: 'BETA',
  OUTPUT: 'GAMMA',
};

/** The modules that are served, and which of them a request is for. */
export class ServedModules {
  constructor(readonly modules: Readonly<Record<string, ChildModule>>) {}

  get names(): string[] {
    return Object.keys(this.modules);
  }

  /**
   * A request of a type goes to the module of that type, under whatever name the job has it; a GENERIC one goes by that name.
   *
   * @throws Refusal if there is none
   */
  nameFor({ type, execution_context: { stage } }: JobRequest): string {
    const name = BY_TYPE[type] ?? stage;
    if (Object.hasOwn(this.modules, name)) return name;
    const served = `served: ${this.names.join(', ')}`;
    throw new Refusal(
      'INVALID_REQUEST',
      BY_TYPE[type] === undefined
        ? `execution_context.stage: ${name} is not served; ${served}`
        : `type: ${type} is for ${name}, which is not served; ${served}`,
    );
  }
}
