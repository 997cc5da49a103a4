import { PhiError, type ModuleBinding, type RemoteJob, type RemoteModules } from '@phi/core';
import type { Secrets } from '../../secrets/resolve-secrets.js';
import { cancelOnce } from './end-remote-job.js';
import { httpSettings } from './http-settings.js';
import { ModuleClient } from './module-client.js';

class RemoteCanceller implements RemoteModules {
  readonly #clients: ReadonlyMap<string, ModuleClient>;

  constructor(bindings: Readonly<Record<string, ModuleBinding>>, secrets: Secrets) {
    this.#clients = new Map(
      Object.entries(bindings).flatMap(([name, binding]) =>
        binding.kind === 'http'
          ? [[name, new ModuleClient(httpSettings(binding, name, secrets).client)] as const]
          : [],
      ),
    );
  }

  async cancel({ stage, key, ref }: RemoteJob): ReturnType<RemoteModules['cancel']> {
    const client = this.#clients.get(stage);
    if (client === undefined) {
      throw new PhiError(
        'EXEC_016_MODULE_NOT_REGISTERED',
        `PHI_MODULES names no remote module "${stage}" here`,
        {
          operation: 'module.cancel',
          data: { module: stage },
        },
      );
    }
    const cancelled = await cancelOnce(client, { key, ref });
    if (!cancelled.confirmed) return { word: 'ASKED', problem: cancelled.problem };
    return { word: cancelled.status === 'GONE' && ref === undefined ? 'NOT_FOUND' : 'GONE' };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }
}

/** Cancels jobs of remote modules for which no attempt waits any more. Its methods fail with a PhiError. */
export const openRemoteModules = (
  bindings: Readonly<Record<string, ModuleBinding>>,
  secrets: Secrets,
): RemoteModules => new RemoteCanceller(bindings, secrets);
