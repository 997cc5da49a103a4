/** How far a delivery has got: how many records, from the first on, and which ones they were. */
export interface DeliveryPosition {
  readonly records: number;
  /** Over the numbers and the text of those records: two batches that begin with the same ones have the same. */
  readonly fingerprint: bigint;
}

export const START: DeliveryPosition = { records: 0, fingerprint: 0n };

/** Fingerprints of neighbours combine by XOR, as those of records do. */
export const advance = (position: DeliveryPosition, by: DeliveryPosition): DeliveryPosition => ({
  records: position.records + by.records,
  fingerprint: position.fingerprint ^ by.fingerprint,
});
