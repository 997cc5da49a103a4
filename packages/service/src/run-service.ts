import type { Problem } from '@phi/core';
import { createLogger, type Logger } from '@phi/telemetry';

import { EXIT_INVALID, exitRefused, tellProblems } from './start-refused.js';
import { firstSignal } from './first-signal.js';
import { readEnvironment, type Environment, type Variables } from './environment.js';

/** A service that has started. */
export interface RunningService {
  /** Ends it: what it began is finished or handed over. */
  stop(): Promise<void>;
}

export interface ServiceDefinition {
  readonly name: string;
  /** How long `stop` may take before the process ends all the same, in milliseconds. */
  readonly stopWithinMs: (environment: Environment) => number;
  /** What is wrong with the variables that only this service reads. */
  readonly problemsOf?: (variables: Variables) => readonly Problem[];
  /** @param variables - for what only this service reads */
  readonly start: (environment: Environment, log: Logger, variables: Variables) => Promise<RunningService>;
}

/**
 * Runs a service until SIGTERM or SIGINT. A second signal ends it at once.
 *
 * @param variables - the process's environment
 */
export async function runService(definition: ServiceDefinition, variables: Variables): Promise<void> {
  const read = readEnvironment(variables);
  const problems = [...(read.ok ? [] : read.problems), ...(definition.problemsOf?.(variables) ?? [])];
  if (!read.ok || problems.length > 0) {
    tellProblems(definition.name, problems);
    process.exitCode = EXIT_INVALID;
    return;
  }
  const log = createLogger(definition.name, read.environment.logLevel);
  const signalled = firstSignal();
  const starting = definition.start(read.environment, log, variables).catch(exitRefused(definition.name));
  const started = await Promise.race([starting, signalled]);
  // A service that still waits for Redis has begun nothing that would have to be finished.
  if (typeof started === 'string') process.exit(0);
  log.info('ready');
  log.info({ signal: await signalled }, 'stopping');
  await stopWithin(started, definition.stopWithinMs(read.environment), log);
  log.info('stopped');
  process.exit(0);
}

async function stopWithin(running: RunningService, limitMs: number, log: Logger): Promise<void> {
  const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), limitMs).unref());
  const outcome = await Promise.race([running.stop(), late]);
  if (outcome === 'late') log.warn({ after_ms: limitMs }, 'did not stop in time');
}
