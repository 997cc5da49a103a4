import { rebuildDamaged, REPAIR_START, type Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** Looks through all records, a part each time, and rebuilds those that cannot be read (docs/adr/0035-damaged-records.md). */
export class DamagedRecordsSweeper {
  private cursor = REPAIR_START;
  private readonly hopeless = new Set<string>();

  constructor(
    private readonly services: Services,
    private readonly log: Logger,
  ) {}

  async tick(): Promise<undefined> {
    const { rebuilt, next } = await rebuildDamaged(this.services, this.cursor, this.hopeless);
    this.cursor = next;
    if (rebuilt > 0) this.log.error({ executions: rebuilt }, 'rebuilt records that could not be read');
  }
}
