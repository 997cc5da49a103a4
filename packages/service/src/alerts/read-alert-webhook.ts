import type { Problem } from '@phi/core';
import { parseHttpAllowList } from '@phi/modules/webhook';

/** Where operators are told of alerts, as the environment says it. */
export interface AlertWebhook {
  readonly url: string;
  readonly secret: string;
  /** The entries of PHI_HTTP_ALLOW. */
  readonly allow: readonly string[];
}

export interface ReadAlertWebhook {
  /** Absent where there is none. */
  readonly webhook?: AlertWebhook;
  readonly problems: readonly Problem[];
}

const SECRET = /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/;

/** Reads PHI_ALERT_WEBHOOK_URL, PHI_ALERT_WEBHOOK_SECRET and PHI_HTTP_ALLOW. The secret is in nothing that is said. */
export function readAlertWebhook(variables: Readonly<Record<string, string | undefined>>): ReadAlertWebhook {
  const url = variables['PHI_ALERT_WEBHOOK_URL'] ?? '';
  const secret = variables['PHI_ALERT_WEBHOOK_SECRET'] ?? '';
  if (url === '' && secret === '') return { problems: [] };
  const allow = (variables['PHI_HTTP_ALLOW'] ?? '').split(',').flatMap((entry) => entry.trim() || []);
  const problems = [...problemsOfUrl(url), ...problemsOfSecret(secret), ...problemsOfAllow(allow)];
  return problems.length > 0 ? { problems } : { webhook: { url, secret, allow }, problems };
}

function problemsOfUrl(url: string): Problem[] {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return [];
  const reason = url === '' ? 'is not set' : 'is not an address';
  return [
    { field: 'PHI_ALERT_WEBHOOK_URL', reason, accepted: 'an address such as https://alerts.example/phi' },
  ];
}

function problemsOfSecret(secret: string): Problem[] {
  if (SECRET.test(secret)) return [];
  const reason = secret === '' ? 'is not set' : 'is not a signing secret';
  const accepted = 'whsec_ and the base64 of at least 24 random bytes';
  return [{ field: 'PHI_ALERT_WEBHOOK_SECRET', reason, accepted }];
}

function problemsOfAllow(allow: readonly string[]): Problem[] {
  try {
    parseHttpAllowList(allow);
    return [];
  } catch {
    const accepted = 'hosts, host:port and networks, separated by commas';
    return [{ field: 'PHI_HTTP_ALLOW', reason: 'has an entry that cannot be read', accepted }];
  }
}
