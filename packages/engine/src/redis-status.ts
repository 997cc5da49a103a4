import { describeLoss, unacceptedServer, unusableServer, type Problem, type ReportedLoss } from '@phi/core';

import type { Services } from './services.js';

/** What Redis lost and nobody has acknowledged, for the health status and `phi fsck`; the earliest first. */
export function dataLosses(services: Pick<Services, 'epochs'>): Promise<readonly ReportedLoss[]> {
  return services.epochs.losses();
}

/** Whether Redis holds what it held, and is set up to keep it, in a line. */
export async function redisStatus(
  services: Pick<Services, 'epochs' | 'server' | 'config' | 'isDevelopment'>,
): Promise<string> {
  const { config, isDevelopment } = services;
  const [losses, facts] = await Promise.all([dataLosses(services), services.server.facts()]);
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
