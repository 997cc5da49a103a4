import { hostname } from 'node:os';

import { ResourceWatch, type Measurements, type Services } from '@phi/engine';
import { tellResourceChanges } from '@phi/service';
import type { Logger } from '@phi/telemetry';

/**
 * Measures Redis' memory against its maxmemory and its clients against maxclients, and reports what is exhausted
 * (specification: Resource Exhaustion Errors; docs/adr/0018-exhaustion.md).
 */
export class RedisWatch {
  private readonly watch: ResourceWatch;

  constructor(
    private readonly services: Services,
    private readonly log: Logger,
  ) {
    const name = `recovery-${hostname()}-${String(process.pid)}`;
    this.watch = new ResourceWatch(services, () => name);
  }

  /** One look at it. */
  async tick(): Promise<undefined> {
    const { server } = this.services;
    const [memory, clients] = await Promise.all([server.info('memory'), server.info('clients')]);
    tellResourceChanges(this.log, await this.watch.observe(measurementsOf(`${memory}\n${clients}`)));
  }
}

/** @param info - sections `memory` and `clients` of INFO */
export function measurementsOf(info: string): Measurements {
  const memory = shareOf(info, 'used_memory', 'maxmemory');
  const connections = shareOf(info, 'connected_clients', 'maxclients');
  return {
    ...(memory === undefined ? {} : { REDIS_MEMORY: memory }),
    ...(connections === undefined ? {} : { REDIS_CONNECTIONS: connections }),
  };
}

/** A limit of 0 is none. */
function shareOf(info: string, used: string, limit: string): number | undefined {
  const [part, whole] = [numberOf(info, used), numberOf(info, limit)];
  return part === undefined || whole === undefined || whole === 0 ? undefined : part / whole;
}

function numberOf(info: string, name: string): number | undefined {
  const text = new RegExp(`^${name}:(\\d+)\\s*$`, 'm').exec(info)?.[1];
  return text === undefined ? undefined : Number(text);
}
