import type { OutputParameters } from '../contract/output-job-request.js';
import type { ModuleContext } from '../contract/module-context.js';
import type { DeliveryPosition } from './delivery-position.js';
import type { Pace } from './pace.js';
import type { RecordSource } from './record-source.js';

export type GammaContext = ModuleContext<OutputParameters>;

/** What one destination is delivered with, record by record. */
export interface Delivery {
  /** The destination's name. */
  readonly name: string;
  /** Its path in the parameters, for messages. */
  readonly field: string;
  readonly context: GammaContext;
  readonly source: RecordSource;
  /** Where the checkpoint of an earlier attempt says that it got to. */
  readonly reached: DeliveryPosition;
  readonly pace: Pace;
  /** To be called with what the destination holds for good; it is checkpointed when a checkpoint is due. */
  landed(position: DeliveryPosition): void;
  /** Checkpoints what landed at once: for a destination that does not know it itself. */
  save(): void;
  /** To be called with how many records this attempt has handled, some of which may still be taken back. */
  handled(records: number): void;
}
