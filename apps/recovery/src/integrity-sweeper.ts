import type { IntegritySweep, Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** Goes through a part of the store, page by page, round after round, and repairs what fsck would repair there. */
export class IntegritySweeper {
  private cursor: string | undefined;

  constructor(
    private readonly services: Services,
    private readonly sweep: IntegritySweep,
    private readonly log: Logger,
  ) {}

  async tick(): Promise<undefined> {
    const { findings, next_cursor } = await this.sweep(this.services, this.cursor);
    this.cursor = next_cursor;
    for (const { code, subject, detail, repaired } of findings)
      if (repaired) this.log.warn({ code, subject, detail }, 'repaired what was inconsistent');
  }
}
