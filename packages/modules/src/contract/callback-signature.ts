import { createHmac } from 'node:crypto';

/** What a signed callback has beside its body (Standard Webhooks). */
export interface CallbackSignature {
  /** `webhook-id`: the same over all attempts to deliver one message. */
  readonly id: string;
  /** `webhook-timestamp`, in seconds. */
  readonly timestamp: number;
}

const PREFIX = 'whsec_';

/**
 * The value of `webhook-signature` for a message.
 *
 * @param secret a request's `callback.secret`
 * @param body the bytes that are sent
 */
export const signCallback = (secret: string, { id, timestamp }: CallbackSignature, body: string): string => {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', key)
    .update(`${id}.${String(timestamp)}.${body}`)
    .digest('base64')}`;
};
