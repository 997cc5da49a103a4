import type { Problem } from '@phi/core';
import { readCallbacks, readEnvironment, type Environment } from '@phi/service';

import { readWebhookSecrets, type WebhookSecrets } from './webhooks/webhook-secrets.js';

/** What the API reads from its environment; this file is its only reader. */
export interface ApiConfig extends Environment {
  /** 0 takes any free port. */
  readonly port: number;
  /** The address to listen on. */
  readonly host: string;
  readonly webhookSecrets: WebhookSecrets;
  /** What callbacks of remote modules are signed by; undefined where there are none. */
  readonly callbackSecret: string | undefined;
}

export type ApiConfigResult =
  | { readonly ok: true; readonly config: ApiConfig }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const DEFAULT_PORT = '8080';
const HIGHEST_PORT = 65_535;

/** Reads the environment; every wrong variable is named at once. */
export function readApiConfig(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): ApiConfigResult {
  const read = readEnvironment(variables);
  const problems: Problem[] = read.ok ? [] : [...read.problems];
  const portText = variables['PHI_API_PORT'] ?? DEFAULT_PORT;
  const host = variables['PHI_API_HOST'] ?? '127.0.0.1';
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : Number.NaN;
  if (!(port <= HIGHEST_PORT)) {
    problems.push({
      field: 'PHI_API_PORT',
      value: portText,
      reason: `${JSON.stringify(portText)} is not a port`,
      accepted: 'a whole number from 0 to 65535',
    });
  }
  if (host === '' || /\s/.test(host)) {
    problems.push({
      field: 'PHI_API_HOST',
      value: host,
      reason: 'is not an address',
      accepted: 'an IP address or host name, such as 127.0.0.1 or 0.0.0.0',
    });
  }
  const webhooks = readWebhookSecrets(variables['PHI_WEBHOOK_SECRETS'] ?? '');
  if (!webhooks.ok) problems.push(...webhooks.problems);
  const { secret: callbackSecret, problems: callbackProblems } = readCallbacks(variables);
  problems.push(...callbackProblems);
  if (problems.length > 0 || !read.ok || !webhooks.ok) return { ok: false, problems };
  return {
    ok: true,
    config: { ...read.environment, port, host, webhookSecrets: webhooks.secrets, callbackSecret },
  };
}
