import { HTTP_BINDING_DEFAULTS, type HttpBinding, type JobRequestType } from '@phi/core';
import { resolveSecrets, type Secrets } from '../../secrets/resolve-secrets.js';
import type { ModuleClientOptions } from './module-client.js';

/** A binding of kind `http` with what it does not say; times in milliseconds. */
export interface HttpSettings {
  readonly client: ModuleClientOptions;
  readonly request: JobRequestType;
  readonly pollIntervalMs: number;
  readonly pollIntervalMaxMs: number;
  readonly unreachableMs: number;
  readonly cancelTimeoutMs: number;
  readonly callback: boolean;
}

/** The modules that the specification has, and what each is asked as. */
const REQUESTS: Readonly<Record<string, JobRequestType>> = {
  ALPHA: 'INGESTION',
  BETA: 'TRANSFORMATION',
  GAMMA: 'OUTPUT',
};

/**
 * @param name of the module in `pipeline_modules`
 * @throws PhiError EXEC_005_INVALID_CONFIG for a header whose secret is not there
 */
export const httpSettings = (binding: HttpBinding, name: string, secrets: Secrets): HttpSettings => {
  const {
    poll_interval_seconds: poll = HTTP_BINDING_DEFAULTS.poll_interval_seconds,
    poll_interval_max_seconds: pollMax = HTTP_BINDING_DEFAULTS.poll_interval_max_seconds,
    request_timeout_seconds: requestTimeout = HTTP_BINDING_DEFAULTS.request_timeout_seconds,
    unreachable_seconds: unreachable = HTTP_BINDING_DEFAULTS.unreachable_seconds,
    cancel_timeout_seconds: cancelTimeout = HTTP_BINDING_DEFAULTS.cancel_timeout_seconds,
    callback = HTTP_BINDING_DEFAULTS.callback,
  } = binding;
  const headers = resolveSecrets(binding.headers ?? {}, secrets, `modules.${name}.headers`);
  return {
    client: {
      url: binding.url,
      headers: headers as Record<string, string>,
      requestTimeoutMs: requestTimeout * 1000,
    },
    request: binding.request ?? REQUESTS[name] ?? 'GENERIC',
    pollIntervalMs: poll * 1000,
    pollIntervalMaxMs: Math.max(poll, pollMax) * 1000,
    unreachableMs: unreachable * 1000,
    cancelTimeoutMs: cancelTimeout * 1000,
    callback,
  };
};
