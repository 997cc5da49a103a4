import type { JsonValue } from '@phi/core';
import { z } from 'zod';
import type { StageCheckpoint } from '../contract/module-context.js';
import { deliveryAcknowledgementSchema } from '../contract/delivery-acknowledgement.js';
import type { DeliveryAcknowledgement } from '../contract/delivery-acknowledgement.js';
import { START } from './delivery-position.js';
import type { DeliveryPosition } from './delivery-position.js';

const stateSchema = z.object({
  acknowledged: z.array(deliveryAcknowledgementSchema),
  reached: z.record(
    z.string(),
    z.object({ records: z.number().int().nonnegative(), fingerprint: z.string() }),
  ),
});

const parse = (saved: JsonValue | undefined): z.infer<typeof stateSchema> =>
  saved === undefined
    ? { acknowledged: [], reached: {} }
    : stateSchema.parse(typeof saved === 'string' ? JSON.parse(saved) : saved);

/** What the attempts of a chain have delivered, kept in the stage's checkpoint. */
export class DeliveryState {
  readonly #checkpoint: StageCheckpoint;
  readonly #acknowledged: Map<string, DeliveryAcknowledgement>;
  readonly #reached: Map<string, DeliveryPosition>;

  /** @throws if what an earlier attempt saved cannot be read: delivering it all again would repeat what is there */
  constructor(checkpoint: StageCheckpoint) {
    this.#checkpoint = checkpoint;
    const { acknowledged, reached } = parse(checkpoint.load());
    this.#acknowledged = new Map(acknowledged.map((one) => [one.destination, one]));
    this.#reached = new Map(
      Object.entries(reached).map(([name, { records, fingerprint }]) => [
        name,
        { records, fingerprint: BigInt(fingerprint) },
      ]),
    );
  }

  acknowledgementOf(destination: string): DeliveryAcknowledgement | undefined {
    return this.#acknowledged.get(destination);
  }

  reachedBy(destination: string): DeliveryPosition {
    return this.#reached.get(destination) ?? START;
  }

  acknowledge(acknowledgement: DeliveryAcknowledgement): void {
    this.#acknowledged.set(acknowledgement.destination, acknowledgement);
    this.#reached.delete(acknowledgement.destination);
    this.save();
  }

  reach(destination: string, position: DeliveryPosition): void {
    this.#reached.set(destination, position);
  }

  save(): void {
    const state: z.infer<typeof stateSchema> = {
      acknowledged: [...this.#acknowledged.values()],
      reached: Object.fromEntries(
        [...this.#reached].map(([name, { records, fingerprint }]) => [
          name,
          { records, fingerprint: String(fingerprint) },
        ]),
      ),
    };
    // What is lost with it is found in the destination, or delivered again under the same id.
    this.#checkpoint.save(JSON.stringify(state)).catch(() => undefined);
  }

  saveIfDue(): void {
    if (this.#checkpoint.due) this.save();
  }
}
