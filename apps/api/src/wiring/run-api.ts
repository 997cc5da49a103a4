import type { ApiKeyStore } from '@phi/core';
import { openQueuesForInspection } from '@phi/queues';
import {
  exitRefused,
  firstSignal,
  guardRedis,
  openServices,
  settledWithin,
  tellFailure,
  type OpenServices,
} from '@phi/service';
import { openApiKeys } from '@phi/store';
import { createLogger, type Logger } from '@phi/telemetry';

import { AdminKeyDamaged, loadAdminKey, registerAdminKey } from '../access/admin-key.js';
import { Authenticator } from '../access/authenticator.js';
import type { ApiApp } from '../api-context.js';
import { buildApp } from '../app.js';
import type { ApiConfig } from '../config.js';

/** How long requests under way may take to end after a signal, in milliseconds. */
const STOP_WITHIN_MS = 4000;
/** How long closing connections may take after that, in milliseconds. */
const CLOSE_WITHIN_MS = 500;
const PREPARE_AGAIN_MS = 500;
const EXIT_FAILED = 1;

/** Runs the API until SIGTERM or SIGINT. A second signal ends it at once. */
export async function runApi(config: ApiConfig): Promise<void> {
  const log = createLogger('api', config.logLevel);
  const signalled = firstSignal();
  const adminKey = await loadAdminKey(config.dataDir).catch(failOn(isFileFault));
  if (adminKey === undefined) return;
  const open = openServices(config, log);
  const keys = openApiKeys(open.redis, config.namespace);
  const preparation = prepareOnConnect(open, keys, adminKey, log);
  const { app, close } = await assemble(config, { open, keys, isRedisReady: preparation.isPrepared }, log);
  const guarded = guard(open, config, log, () => preparation.again());
  const port = await listen(app, config);
  if (port === undefined) {
    await settledWithin(CLOSE_WITHIN_MS, close());
    process.exit(EXIT_FAILED);
  }
  void preparation.first.then(() => log.info({ port, host: config.host }, 'ready'));
  log.info({ signal: await signalled }, 'stopping');
  await settledWithin(STOP_WITHIN_MS, app.close());
  await settledWithin(CLOSE_WITHIN_MS, guarded.stop());
  await settledWithin(CLOSE_WITHIN_MS, close());
  log.info('stopped');
  process.exit(0);
}

interface Parts {
  readonly open: OpenServices;
  readonly keys: ApiKeyStore;
  readonly isRedisReady: () => boolean;
}

async function assemble(
  config: ApiConfig,
  parts: Parts,
  log: Logger,
): Promise<{ app: ApiApp; close: () => Promise<void> }> {
  const { redisUrl, namespace, webhookSecrets, callbackSecret } = config;
  const { open, keys, isRedisReady } = parts;
  const { services, redis } = open;
  const onError = (error: Error): void => log.debug({ err: error }, 'queue inspection');
  const inspection = openQueuesForInspection({ redisUrl, namespace, onError });
  const authenticator = new Authenticator(keys, services.clock);
  const { app } = await buildApp(
    {
      services,
      keys,
      authenticator,
      webhookSecrets,
      callbackSecret,
      inspection,
      isRedisReady,
      pingRedis: () => redis.ping(),
    },
    log,
  );
  const close = async (): Promise<void> => {
    await Promise.all([inspection.close(), open.close()]);
  };
  return { app, close };
}

/** Begins once Redis answers; one that must not be used ends the process. */
function guard(
  open: OpenServices,
  environment: ApiConfig,
  log: Logger,
  onLoss: () => void,
): { stop(): Promise<void> } {
  const guarding = guardRedis({ open, environment, log, onLoss }).catch(exitRefused('api'));
  return { stop: async () => (await guarding).stop() };
}

/** Whether Redis can be used, and holds what it must. */
interface Preparation {
  readonly isPrepared: () => boolean;
  /** Resolves when it first was. */
  readonly first: Promise<void>;
  /** For when Redis has lost it. */
  readonly again: () => void;
}

/** Prepares the namespace at every connection: a Redis that comes back may have lost it. */
function prepareOnConnect(open: OpenServices, keys: ApiKeyStore, adminKey: string, log: Logger): Preparation {
  const { redis, services } = open;
  let isPrepared = false;
  redis.on('close', () => {
    isPrepared = false;
  });
  let again = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    const prepare = async (): Promise<void> => {
      try {
        await registerAdminKey(keys, services.clock, adminKey);
        isPrepared = redis.status === 'ready';
        resolve();
      } catch (error) {
        tellFailure(log, error, {}, 'Redis does not serve yet; trying again');
        setTimeout(() => {
          if (redis.status === 'ready') void prepare();
        }, PREPARE_AGAIN_MS).unref();
      }
    };
    again = () => void prepare();
    redis.on('ready', again);
  });
  return { isPrepared: () => isPrepared && redis.status === 'ready', first, again };
}

/** @returns the port; nothing when it cannot be had, which is told in one line */
async function listen(app: ApiApp, { port, host }: ApiConfig): Promise<number | undefined> {
  try {
    return Number(new URL(await app.listen({ port, host })).port);
  } catch (error) {
    const code = codeOf(error);
    const place = `port ${String(port)} of ${host}`;
    if (code === 'EADDRINUSE')
      process.stderr.write(`api: ${place} is taken; set PHI_API_PORT to a free one\n`);
    else if (code === 'EACCES')
      process.stderr.write(
        `api: ${place} may not be used by this user; set PHI_API_PORT to one above 1023\n`,
      );
    else if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      process.stderr.write(`api: ${host} is no address of this machine; set PHI_API_HOST\n`);
    else throw error;
    return undefined;
  }
}

function isFileFault(error: unknown): boolean {
  return (
    error instanceof AdminKeyDamaged ||
    ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOSPC', 'EISDIR'].includes(codeOf(error))
  );
}

/** Tells an expected fault in one line and sets the exit status; anything else is thrown on. */
function failOn(isExpected: (error: unknown) => boolean): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Error) || !isExpected(error)) throw error;
    process.stderr.write(`api: the administrator's key: ${error.message}\n`);
    process.exitCode = EXIT_FAILED;
  };
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
