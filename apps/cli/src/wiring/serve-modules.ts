import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { DirectoryTaken, isLoopback, JournalDamaged, openModuleServer } from '@phi/module-server';
import type { ModuleServer, ModuleServerOptions } from '@phi/module-server';
import { childEnvironment, type ChildModule } from '@phi/modules';
import { createLogger } from '@phi/telemetry';

import { CliError, usageError } from '../cli-error.js';
import type { Context } from '../context.js';
import { errorCode } from '../error-code.js';
import { EXIT, type ExitStatus } from '../exit-status.js';

const HOUR_MS = 3_600_000;

/** Options of `phi serve-modules`. */
export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly modules: readonly string[];
  /** Name → path. */
  readonly handler: Readonly<Record<string, string>>;
  readonly parallelism: number;
  readonly waiting: number;
  readonly keepJobs: number;
  readonly keepHours: number;
  readonly stateDir?: string;
  readonly graceSeconds: number;
}

/** Serves modules until a signal. */
export async function serveModules(context: Context, given: ServeOptions): Promise<ExitStatus> {
  const log = createLogger('modules', context.environment.PHI_LOG_LEVEL);
  const options = { ...optionsOf(context, given), log };
  const server = await open(options);
  const { url, interrupted } = server;
  log.info({ url, modules: Object.keys(options.modules), interrupted }, 'ready');
  const terminated = once(process, 'SIGTERM', { signal: context.signal }).catch(() => undefined);
  const failure = await Promise.race([terminated.then(() => undefined), server.failed]);
  if (failure !== undefined) {
    log.fatal({ err: failure }, 'what becomes of jobs can not be kept any more');
    process.exit(EXIT.failed);
  }
  log.info({ grace_seconds: given.graceSeconds }, 'stopping');
  log.info(await server.stop(given.graceSeconds * 1000), 'stopped');
  return EXIT.ok;
}

function optionsOf(context: Context, given: ServeOptions): Omit<ModuleServerOptions, 'log'> {
  const {
    PHI_MODULES_TOKEN: token,
    PHI_DATA_DIR,
    PHI_SOURCE_DIR,
    PHI_OUTPUT_DIR,
    config,
  } = context.environment;
  if (token === undefined && !isLoopback(given.host))
    throw usageError(
      '--host',
      `${given.host} is reached by others, and PHI_MODULES_TOKEN is not set`,
      'an address of this machine alone, or a token',
    );
  const at = (name: string): string => path.resolve(context.directory, name);
  const data = at(PHI_DATA_DIR ?? '.phi');
  const state = at(given.stateDir ?? path.join(data, 'modules'));
  return {
    host: given.host,
    port: given.port,
    ...(token === undefined ? {} : { token }),
    modules: modulesOf(given, at),
    directories: {
      source: at(PHI_SOURCE_DIR ?? path.join(data, 'source')),
      data,
      output: at(PHI_OUTPUT_DIR ?? path.join(data, 'output')),
      work: path.join(state, 'job-work'),
      state,
    },
    parallelism: given.parallelism,
    waiting: given.waiting,
    keepJobs: given.keepJobs,
    keepMs: given.keepHours * HOUR_MS,
    gracefulMs: config.GRACEFUL_TIMEOUT_SECONDS * 1000,
    forceKillMs: config.FORCE_KILL_AFTER_SECONDS * 1000,
    childEnv: childEnvironment(process.env),
  };
}

function modulesOf(
  { modules, handler }: ServeOptions,
  at: (name: string) => string,
): Record<string, ChildModule> {
  const builtin = modules.map((module) => [module, { kind: 'builtin', module }] as const);
  const handlers = Object.entries(handler).map(([name, file]) => {
    if (!existsSync(at(file)))
      throw usageError('--handler', `${file} is not there`, 'NAME=path of an ES module');
    return [name, { kind: 'handler', url: pathToFileURL(at(file)).href }] as const;
  });
  return Object.fromEntries<ChildModule>([...builtin, ...handlers]);
}

async function open(options: ModuleServerOptions): Promise<ModuleServer> {
  try {
    return await openModuleServer(options);
  } catch (error) {
    if (error instanceof DirectoryTaken || error instanceof JournalDamaged)
      throw CliError.failed([error.message], error);
    const code = errorCode(error);
    if (code === undefined) throw error;
    throw CliError.failed([`cannot serve at ${options.host}:${String(options.port)} (${code})`], error);
  }
}
