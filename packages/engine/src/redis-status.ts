import { describeLoss, unacceptedServer, unusableServer, type Problem } from '@phi/core';

import type { Services } from './services.js';

/** Whether Redis holds what it held, and is set up to keep it, in a line. */
export async function redisStatus(
  services: Pick<Services, 'epochs' | 'server' | 'config' | 'isDevelopment'>,
): Promise<string> {
  const { config, isDevelopment } = services;
  const [losses, facts] = await Promise.all([services.epochs.losses(), services.server.facts()]);
  const reasons = [
    ...losses.map((loss) => `${describeLoss(loss)} (STATE_051_DATA_LOST)`),
    ...[...unacceptedServer(facts, config, isDevelopment), ...unusableServer(facts, config)].map(
      describeProblem,
    ),
  ];
  return reasons.length === 0 ? 'HEALTHY' : `DEGRADED: ${reasons.join('; ')}`;
}

function describeProblem({ field, reason }: Problem): string {
  return `${String(field)}: ${reason} (STATE_052_UNSAFE_REDIS)`;
}
