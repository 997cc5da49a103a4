import type { RemoteModules } from '@phi/core';
import { cancelRemoteOrphans, type Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** Cancels jobs of remote modules that nobody waits for any more. */
export class RemoteOrphansSweeper {
  constructor(
    private readonly services: Services,
    private readonly modules: RemoteModules,
    private readonly log: Logger,
  ) {}

  async tick(): Promise<undefined> {
    const { gone, found } = await cancelRemoteOrphans(this.services, this.modules);
    for (const { stage, key, ref } of gone)
      this.log.info({ module: stage, key, ref }, 'remote orphan is gone');
    for (const { stage, key, ref, problem } of found)
      this.log.warn(
        { module: stage, key, ref, problem },
        'remote orphan cannot be cancelled yet; trying again',
      );
  }
}
