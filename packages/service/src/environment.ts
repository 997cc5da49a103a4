import { parseConfig, type PhiConfig, type Problem } from '@phi/core';

import { readAlertWebhook, type AlertWebhook } from './alerts/read-alert-webhook.js';

/** What every service reads from its environment. */
export interface Environment {
  readonly redisUrl: string;
  readonly namespace: string;
  /** Where files that services share are kept: batches, keys, logs. */
  readonly dataDir: string;
  readonly logLevel: string;
  readonly config: PhiConfig;
  /** Where operators are told of alerts beside the log; absent where there is no such place. */
  readonly alertWebhook?: AlertWebhook;
  /** PHI_ENV=development: a Redis that may lose its data is complained of, not refused. Default: it is refused. */
  readonly isDevelopment?: boolean;
}

export type EnvironmentResult =
  | { readonly ok: true; readonly environment: Environment }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export type Variables = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS: readonly string[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const ENVIRONMENTS: readonly string[] = ['production', 'development'];
const NAMESPACE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Reads a service's environment; every wrong variable is named at once. */
export function readEnvironment(variables: Variables): EnvironmentResult {
  const redisUrl = variables['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
  const namespace = variables['PHI_NAMESPACE'] ?? 'default';
  const logLevel = variables['PHI_LOG_LEVEL'] ?? 'info';
  const kind = variables['PHI_ENV'] ?? 'production';
  const config = parseConfig(variables);
  const problems: Problem[] = config.ok ? [] : [...config.problems];
  if (!/^rediss?:\/\//.test(redisUrl)) {
    problems.push({
      field: 'REDIS_URL',
      reason: 'is not a Redis URL',
      accepted: 'redis://host:port or rediss://host:port',
    });
  }
  if (!NAMESPACE.test(namespace)) {
    problems.push({
      field: 'PHI_NAMESPACE',
      reason: 'is not a namespace',
      accepted: '1 to 64 letters, digits or ". _ -", beginning with a letter or digit',
    });
  }
  if (!LOG_LEVELS.includes(logLevel)) {
    problems.push({ field: 'PHI_LOG_LEVEL', reason: 'is not a level', accepted: LOG_LEVELS.join(', ') });
  }
  const alerts = readAlertWebhook(variables);
  problems.push(...alerts.problems);
  if (!ENVIRONMENTS.includes(kind)) {
    const accepted = ENVIRONMENTS.join(' or ');
    problems.push({ field: 'PHI_ENV', value: kind, reason: 'is no kind of environment', accepted });
  }
  if (problems.length > 0 || !config.ok) return { ok: false, problems };
  const environment = {
    redisUrl,
    namespace,
    logLevel,
    dataDir: variables['PHI_DATA_DIR'] ?? '.phi',
    config: config.config,
    ...(alerts.webhook === undefined ? {} : { alertWebhook: alerts.webhook }),
    ...(kind === 'development' ? { isDevelopment: true } : {}),
  };
  return { ok: true, environment };
}
