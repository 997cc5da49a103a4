import { openQueuesForInspection } from '@phi/queues';
import { openServices, type OpenServices } from '@phi/service';
import { openApiKeys } from '@phi/store';
import { createLogger, type Logger } from '@phi/telemetry';

import { AdminKeyDamaged, loadAdminKey } from '../access/admin-key.js';
import type { ApiApp } from '../api-context.js';
import { buildApp } from '../app.js';
import type { ApiConfig } from '../config.js';
import { prepareNamespace } from './prepare-namespace.js';

/** How long requests under way may take to end after a signal, in milliseconds. */
const STOP_WITHIN_MS = 4000;
/** How long closing connections may take after that, in milliseconds. */
const CLOSE_WITHIN_MS = 500;
const PREPARE_AGAIN_MS = 500;
const EXIT_FAILED = 1;

/** Runs the API until SIGTERM or SIGINT. A second signal ends it at once. */
export async function runApi(config: ApiConfig): Promise<void> {
  const log = createLogger('api', config.logLevel);
  const signalled = nextSignal();
  const adminKey = await loadAdminKey(config.dataDir).catch(failOn(isFileFault));
  if (adminKey === undefined) return;
  const open = openServices(config, log);
  const prepared = prepareOnConnect(config, open, adminKey, log);
  const { app, close } = await assemble(config, open, log);
  const port = await listen(app, config);
  if (port === undefined) {
    await within(CLOSE_WITHIN_MS, close());
    process.exit(EXIT_FAILED);
  }
  void prepared.then(() => log.info({ port, host: config.host }, 'ready'));
  log.info({ signal: await signalled }, 'stopping');
  void nextSignal().then(() => process.exit(EXIT_FAILED));
  await within(STOP_WITHIN_MS, app.close());
  await within(CLOSE_WITHIN_MS, close());
  log.info('stopped');
  process.exit(0);
}

async function assemble(config: ApiConfig, open: OpenServices, log: Logger): Promise<{ app: ApiApp; close: () => Promise<void> }> {
  const { redisUrl, namespace } = config;
  const inspection = openQueuesForInspection({ redisUrl, namespace, onError: (error) => log.debug({ err: error }, 'queue inspection') });
  const { app } = await buildApp(
    {
      services: open.services,
      keys: openApiKeys(open.redis, namespace),
      inspection,
      isRedisReady: () => open.redis.status === 'ready',
      pingRedis: () => open.redis.ping(),
    },
    log,
  );
  const close = async (): Promise<void> => {
    await Promise.all([inspection.close(), open.close()]);
  };
  return { app, close };
}

/** Prepares the namespace at every connection: a Redis that comes back may have lost it. @returns when it first was */
function prepareOnConnect(config: ApiConfig, open: OpenServices, adminKey: string, log: Logger): Promise<void> {
  const keys = openApiKeys(open.redis, config.namespace);
  return new Promise((resolve) => {
    const prepare = (): void => {
      prepareNamespace(open.services, keys, adminKey).then(resolve, (error: unknown) => {
        log.warn({ err: error }, 'Redis does not serve yet; trying again');
        setTimeout(() => {
          if (open.redis.status === 'ready') prepare();
        }, PREPARE_AGAIN_MS).unref();
      });
    };
    open.redis.on('ready', prepare);
  });
}

/** @returns the port; nothing when it cannot be had, which is told in one line */
async function listen(app: ApiApp, { port, host }: ApiConfig): Promise<number | undefined> {
  try {
    await app.listen({ port, host });
    const address = app.server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  } catch (error) {
    const code = codeOf(error);
    const place = `port ${String(port)} of ${host}`;
    if (code === 'EADDRINUSE') process.stderr.write(`api: ${place} is taken; set PHI_API_PORT to a free one\n`);
    else if (code === 'EACCES') process.stderr.write(`api: ${place} may not be used by this user; set PHI_API_PORT to one above 1023\n`);
    else if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') process.stderr.write(`api: ${host} is no address of this machine; set PHI_API_HOST\n`);
    else throw error;
    return undefined;
  }
}

function isFileFault(error: unknown): boolean {
  return error instanceof AdminKeyDamaged || ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOSPC', 'EISDIR'].includes(codeOf(error));
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

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}

/** Waits for the end of something, but no longer than a limit. */
async function within(limitMs: number, ending: PromiseLike<unknown>): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, limitMs).unref());
  await Promise.race([Promise.resolve(ending).catch(() => undefined), late]);
}
