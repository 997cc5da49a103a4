import { mendState, type Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** Tells of what was found damaged beside records, and mends it (docs/adr/0038-damaged-state.md). */
export async function sweepDamagedState(services: Services, log: Logger): Promise<undefined> {
  const found = await mendState(services);
  if (found > 0) log.error({ found }, 'found damaged state beside records');
}
