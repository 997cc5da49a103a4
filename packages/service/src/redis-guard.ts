import {
  formatProblem,
  unacceptedServer,
  unknownOf,
  unsafeServer,
  unusableServer,
  type DataLoss,
  type Problem,
} from '@phi/core';
import type { Logger } from '@phi/telemetry';

import type { Environment } from './environment.js';
import { EpochFile } from './epoch-file.js';
import { EpochKeeper } from './epoch-keeper.js';
import { Loop } from './loop.js';
import { untilRedisAnswers, waitForRedis, type OpenServices } from './open-services.js';
import { StartRefused } from './start-refused.js';

/** How often a process looks at the epoch, in milliseconds; also what makes an idle one notice that Redis is away. */
const LOOK_MS = 1000;

export interface RedisGuardOptions {
  readonly open: OpenServices;
  readonly environment: Environment;
  readonly log: Logger;
  /** Told when Redis holds less than it did. */
  readonly onLoss?: (loss: DataLoss) => void;
}

/**
 * Waits for Redis, refuses one that Phi must not be run on, and from then on watches that it stays the one it was: its settings after
 * each reconnection, and that nothing of its data is missing.
 *
 * @throws StartRefused what it is does not do
 */
export async function guardRedis(options: RedisGuardOptions): Promise<{ stop(): Promise<void> }> {
  const { open, environment, log, onLoss } = options;
  await waitForRedis(open.redis);
  await checkAtStart(options);
  const file = new EpochFile(environment.dataDir, environment.namespace);
  const keeper = new EpochKeeper(open.services, file, log, (loss) => onLoss?.(loss));
  const loop = new Loop({ name: 'epoch', log, intervalMs: LOOK_MS, round: () => keeper.look() });
  const recheck = (): void => void checkAgain(options).catch(() => undefined);
  open.redis.on('ready', recheck);
  return {
    async stop() {
      open.redis.off('ready', recheck);
      await loop.stop();
    },
  };
}

async function checkAtStart({ open, environment, log }: RedisGuardOptions): Promise<void> {
  const facts = await untilRedisAnswers(() => open.services.server.facts());
  const refused = [
    ...unusableServer(facts, environment.config),
    ...unacceptedServer(facts, environment.config, environment.isDevelopment).map(orDevelopment),
  ];
  if (refused.length > 0) throw new StartRefused(refused);
  for (const problem of unsafeServer(facts))
    log.warn({ error_code: 'STATE_052_UNSAFE_REDIS' }, formatProblem(problem));
  const unknown = unknownOf(facts);
  if (unknown.length > 0)
    log.warn({ unknown }, 'Redis does not say how it is set up: see to it that it keeps what it is given');
}

function orDevelopment(problem: Problem): Problem {
  const accepted = `${String(problem.accepted)}; or PHI_ENV=development for data that may be lost`;
  return { ...problem, accepted };
}

/** A server that took over, or one that was set up anew: what runs on it goes on, and somebody must know. */
async function checkAgain({ open, environment }: RedisGuardOptions): Promise<void> {
  const { server, alerts, namespace } = open.services;
  const facts = await server.facts();
  const { config, isDevelopment } = environment;
  // What is accepted was told at the start.
  const problems = [...unusableServer(facts, config), ...unacceptedServer(facts, config, isDevelopment)];
  for (const problem of problems)
    alerts.raise({
      kind: 'UNSAFE_REDIS',
      severity: 'critical',
      subject: namespace,
      error_code: 'STATE_052_UNSAFE_REDIS',
      message: `Redis is connected again, and set up otherwise: ${formatProblem(problem)}`,
    });
}
