import { parseHttpAllowList } from './http/allow-list.js';
import { createGuardedDispatcher } from './http/guarded-dispatcher.js';
import { postMessage, type WebhookAnswer, type WebhookMessage } from './gamma/webhook/post-message.js';

export { parseHttpAllowList };
export type { WebhookAnswer, WebhookMessage };

export interface WebhookSettings {
  readonly url: string;
  /** `whsec_` and the base64 of the key. */
  readonly secret: string;
  /** The entries of PHI_HTTP_ALLOW. */
  readonly allow: readonly string[];
  /** How long an answer may take, in seconds. */
  readonly timeoutSeconds: number;
  /** What the setting is called, for what is said of failures. */
  readonly field: string;
}

/** Where signed messages (Standard Webhooks) are posted, beyond the public Internet only as far as it is allowed. */
export interface Webhook {
  /** @throws PhiError where it was not accepted; the signal's reason once it is aborted */
  post(message: WebhookMessage, signal: AbortSignal): Promise<WebhookAnswer>;
  close(): Promise<void>;
}

export const openWebhook = ({ url, secret, allow, timeoutSeconds, field }: WebhookSettings): Webhook => {
  const dispatcher = createGuardedDispatcher({ allow });
  const destination = { url, secret, timeout_seconds: timeoutSeconds };
  return {
    post: (message, signal) => postMessage({ destination, dispatcher, field, signal }, message),
    close: () => dispatcher.destroy(),
  };
};
