#!/usr/bin/env node
import { readFileSync } from 'node:fs';

import { ApiClient } from './api/api-client.js';
import { findApi } from './api/find-api.js';
import { CommandRunner } from './command-runner.js';
import type { Context } from './context.js';
import { endedStatus } from './ended-status.js';
import { readEnvironment, type Environment } from './environment.js';
import type { ExitStatus } from './exit-status.js';
import type { GlobalOptions } from './options.js';
import { Output } from './output/output.js';
import { createProgram } from './program.js';
import { newId, readStdin, systemNow } from './system.js';

/** Ctrl-C ends what is under way, and the command with it; pressed again, the process. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    controller.abort();
  });
  return controller.signal;
}

function contextFor(options: GlobalOptions, environment: Environment, signal: AbortSignal): Context {
  const directory = process.cwd();
  const colours = process.stdout.isTTY && environment.NO_COLOR === undefined;
  let api: ApiClient | undefined;
  return {
    environment,
    directory,
    signal,
    readStdin: () => readStdin(signal),
    now: systemNow,
    newId,
    output: new Output(process, options.output, colours),
    api: () => (api ??= new ApiClient(findApi(options, environment, directory), signal)),
  };
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

async function main(args: readonly string[]): Promise<ExitStatus> {
  const signal = interruption();
  try {
    const environment = readEnvironment();
    const runner = new CommandRunner((options) => contextFor(options, environment, signal));
    await createProgram(version(), runner).parseAsync(args, { from: 'user' });
    return runner.status;
  } catch (error) {
    return endedStatus(error, signal, process.stderr);
  }
}

// Whoever reads the answer may stop reading, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode);
});
process.exitCode = await main(process.argv.slice(2));
