import type { Services } from './services.js';

/**
 * Gives back an execution that an executor took delivery of and has no room for: it is delivered again, at once the first times,
 * after that at its claim deadline, so that nothing spins.
 */
export async function giveBackDelivery(services: Services, executionId: string): Promise<void> {
  const deliveries = await services.claims.renew(new Map([[executionId, 'returned' as const]]));
  if (deliveries.length > 0) await services.delivery.deliver(deliveries);
}
