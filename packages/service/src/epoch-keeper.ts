import { hostname } from 'node:os';

import { describeLoss, findLoss, seenOf, type DataLoss, type SeenEpoch } from '@phi/core';
import type { Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

import type { EpochFile } from './epoch-file.js';

/** Looks at the epoch of the data set, and notices when Redis holds less than it did (docs/adr/0033-redis-in-trouble.md). */
export class EpochKeeper {
  private seen: SeenEpoch | undefined;
  private isRead = false;
  private isWritable = true;

  /** @param onLoss - told when this process has found one, whoever else has */
  constructor(
    private readonly services: Pick<Services, 'epochs' | 'alerts' | 'ids' | 'namespace'>,
    private readonly file: EpochFile,
    private readonly log: Logger,
    private readonly onLoss: (loss: DataLoss) => void,
  ) {}

  /** One look. @throws Error while Redis is away */
  async look(): Promise<undefined> {
    if (!this.isRead) this.seen = await this.file.read();
    this.isRead = true;
    const epoch = await this.services.epochs.advance(this.services.ids.next());
    const loss = this.seen === undefined ? undefined : findLoss(this.seen, epoch);
    if (loss !== undefined) await this.tell(loss);
    // Only now: a report that fails is repeated.
    this.seen = seenOf(epoch);
    await this.keep(this.seen);
  }

  private async tell(loss: DataLoss): Promise<void> {
    const { epochs, alerts, namespace } = this.services;
    this.onLoss(loss);
    const isNew = await epochs.report(loss, `${hostname()}-${String(process.pid)}`);
    const message = describeLoss(loss);
    if (!isNew) return this.log.warn({ ...loss }, message);
    alerts.raise({
      kind: 'DATA_LOSS',
      severity: 'critical',
      subject: namespace,
      error_code: 'STATE_051_DATA_LOST',
      message,
      context: { ...loss },
    });
  }

  private async keep(seen: SeenEpoch): Promise<void> {
    try {
      await this.file.write(seen);
      this.isWritable = true;
    } catch (error) {
      if (this.isWritable)
        this.log.warn(
          { err: error },
          'the epoch cannot be kept below PHI_DATA_DIR: a loss of data is noticed only by services that run through it',
        );
      this.isWritable = false;
    }
  }
}
