import type { ExhaustionEntry } from '@phi/core';
import { ResourceWatch, type Services } from '@phi/engine';
import { tellResourceChanges } from '@phi/service';
import type { Logger } from '@phi/telemetry';

import { measureDisks } from './disks.js';
import { measureMemory } from './memory.js';
import { ProcessorMeter } from './processors.js';

/** What takes work, and stops to while its host has no room for more. */
export interface WorkTaker {
  readonly executor_id: string;
  /** @param why - undefined: it takes work again */
  withhold(why: string | undefined): Promise<void>;
}

/**
 * Measures the host of an executor, reports what is exhausted, and has the executor take nothing new while a resource is that
 * calls for QUEUE_ALL (specification: Resource Exhaustion Errors; docs/adr/0018-exhaustion.md).
 */
export class HostWatch {
  private readonly processors: ProcessorMeter;
  private readonly watch: ResourceWatch;

  /** @param directories - where the executor writes, absolute */
  constructor(
    services: Services,
    private readonly taker: WorkTaker,
    private readonly directories: readonly string[],
    private readonly log: Logger,
  ) {
    this.processors = new ProcessorMeter(services.clock);
    this.watch = new ResourceWatch(services, () => taker.executor_id);
  }

  /** One look at everything. */
  async look(): Promise<undefined> {
    const [memory, processors, disk] = await Promise.all([
      measureMemory(),
      this.processors.measure(),
      measureDisks(this.directories),
    ]);
    const changes = await this.watch.observe({
      ...(memory === undefined ? {} : { HOST_MEMORY: memory }),
      ...(processors === undefined ? {} : { HOST_CPU: processors }),
      ...(disk === undefined ? {} : { HOST_DISK: disk }),
    });
    tellResourceChanges(this.log, changes);
    await this.taker.withhold(reasonToWithhold(changes.exhausted));
  }
}

function reasonToWithhold(exhausted: readonly ExhaustionEntry[]): string | undefined {
  const calling = exhausted.filter(({ actions }) => actions.includes('QUEUE_ALL'));
  return calling.length === 0 ? undefined : calling.map(({ code }) => code).join(', ');
}
