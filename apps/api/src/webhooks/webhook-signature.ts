import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** How far a webhook's time may be from ours, in seconds, before it is taken for a replayed one. */
const TOLERANCE_SECONDS = 300;

/** No full stop, which separates the parts of what is signed: a signed message must not read as another one. */
const ID = /^[\x21-\x2d\x2f-\x7e]{1,255}$/;
const TIMESTAMP = /^\d{1,12}$/;
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/;

/** What a webhook says of itself beside its body. */
export interface WebhookHeaders {
  readonly id: string;
  /** Unix time in seconds, as it was signed. */
  readonly timestamp: string;
  /** Those of the version that is known here. */
  readonly signatures: readonly Buffer[];
}

/** @returns nothing unless all three headers are there once and in their form */
export function readWebhookHeaders(headers: IncomingHttpHeaders): WebhookHeaders | undefined {
  const [id, timestamp, list] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => headers[name],
  );
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof list !== 'string') return undefined;
  if (!ID.test(id) || !TIMESTAMP.test(timestamp)) return undefined;
  const signatures = list.split(' ').flatMap((text) => {
    const base64 = SIGNATURE.exec(text)?.[1];
    return base64 === undefined ? [] : [Buffer.from(base64, 'base64')];
  });
  return { id, timestamp, signatures };
}

/**
 * Whether one of the keys has signed the message lately (Standard Webhooks, symmetric).
 *
 * @param body - its bytes as they came
 * @param nowMs - epoch milliseconds
 */
export function isSigned(
  { id, timestamp, signatures }: WebhookHeaders,
  body: Uint8Array,
  keys: readonly KeyObject[],
  nowMs: number,
): boolean {
  const isRecent = Math.abs(nowMs / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS;
  const expected = keys.map((key) =>
    createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest(),
  );
  const isOurs = expected.some((mac) => signatures.some((signature) => timingSafeEqual(mac, signature)));
  return isRecent && isOurs;
}
