import type { DataLoss, Epoch, EpochStore, ReportedLoss, Takeover } from '@phi/core';
import type { Redis } from 'ioredis';

import { pack, unpack } from './codec.js';
import type { FunctionLibrary } from './function-library.js';
import type { Keys } from './keys.js';
import { toArray } from './reply.js';

/** The epoch of a namespace's data set in Redis; see the port in `@phi/core`. */
export class RedisEpochStore implements EpochStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
  ) {}

  async advance(newDataSet: string): Promise<Epoch> {
    const raw = unpack((await this.library.call('advance-epoch', [newDataSet])) as Buffer) as Epoch;
    return { ...raw, takeovers: toArray(raw.takeovers) as readonly Takeover[] };
  }

  async report({ loss_id, kind, kept_until, lost_until }: DataLoss, foundBy: string): Promise<boolean> {
    // What is absent in Lua is not there at all.
    const loss = { loss_id, kind, lost_until, ...(kept_until === null ? {} : { kept_until }) };
    return (await this.library.callForWord('report-data-loss', [pack(loss), foundBy])) === 'NEW';
  }

  async losses(): Promise<readonly ReportedLoss[]> {
    return openLosses(await this.redis.hvalsBuffer(this.keys.key('data_losses')));
  }

  async acknowledge(): Promise<readonly ReportedLoss[]> {
    return openLosses((await this.library.call('acknowledge-data-losses', [])) as Buffer[]);
  }
}

/** A loss as Lua packs it: what is absent there is not there at all. */
type PackedLoss = Omit<ReportedLoss, 'kept_until'> & {
  readonly kept_until?: number;
  readonly acknowledged_time?: number;
};

function openLosses(packed: readonly Buffer[]): ReportedLoss[] {
  return packed
    .map((bytes) => unpack(bytes) as PackedLoss)
    .filter(({ acknowledged_time }) => acknowledged_time === undefined)
    .map((loss) => ({ ...loss, kept_until: loss.kept_until ?? null }))
    .toSorted((one, other) => one.found_time - other.found_time);
}
