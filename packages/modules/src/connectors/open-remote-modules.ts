import {
  PhiError,
  type ModuleBinding,
  type RemoteJob,
  type RemoteModules,
  type StageQueues,
} from '@phi/core';
import type { Secrets } from '../secrets/resolve-secrets.js';
import { cancelOnce } from './http/end-remote-job.js';
import { httpSettings } from './http/http-settings.js';
import { ModuleClient } from './http/module-client.js';
import { takeBackJob } from './queue/take-back-job.js';

type Cancel = RemoteModules['cancel'];

/** What cancelling the jobs of remote modules needs of its process. */
export interface RemoteModulesOptions {
  /** What headers may refer to by `{ secret: NAME }`. */
  readonly secrets: Secrets;
  /** For modules that are workers on queues; its owner closes it. */
  readonly queues: Pick<StageQueues, 'look' | 'remove'>;
}

class OpenRemoteModules implements RemoteModules {
  readonly #clients: ModuleClient[] = [];
  readonly #cancels: ReadonlyMap<string, Cancel>;

  constructor(
    bindings: Readonly<Record<string, ModuleBinding>>,
    private readonly options: RemoteModulesOptions,
  ) {
    this.#cancels = new Map(
      Object.entries(bindings).flatMap(([name, binding]) => {
        const cancel = this.#cancelOf(name, binding);
        return cancel === undefined ? [] : [[name, cancel] as const];
      }),
    );
  }

  async cancel(job: RemoteJob): ReturnType<Cancel> {
    const cancel = this.#cancels.get(job.stage);
    if (cancel !== undefined) return cancel(job);
    throw new PhiError(
      'EXEC_016_MODULE_NOT_REGISTERED',
      `PHI_MODULES names no remote module "${job.stage}" here`,
      { operation: 'module.cancel', data: { module: job.stage } },
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** @returns undefined where nothing runs elsewhere */
  #cancelOf(name: string, binding: ModuleBinding): Cancel | undefined {
    const { queues, secrets } = this.options;
    if (binding.kind === 'queue') return (job) => takeBackJob(queues, binding, job);
    if (binding.kind !== 'http') return undefined;
    const client = new ModuleClient(httpSettings(binding, name, secrets).client);
    this.#clients.push(client);
    return async ({ key, ref }) => {
      const cancelled = await cancelOnce(client, { key, ref });
      if (!cancelled.confirmed) return { word: 'ASKED', problem: cancelled.problem };
      return { word: cancelled.status === 'GONE' && ref === undefined ? 'NOT_FOUND' : 'GONE' };
    };
  }
}

/** Cancels jobs of remote modules for which no attempt waits any more. Its methods fail where a module or its queue does not answer. */
export const openRemoteModules = (
  bindings: Readonly<Record<string, ModuleBinding>>,
  options: RemoteModulesOptions,
): RemoteModules => new OpenRemoteModules(bindings, options);
