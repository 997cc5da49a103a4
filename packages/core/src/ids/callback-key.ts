import { createHmac } from 'node:crypto';

/**
 * The key by which a remote module signs what it sends of one stage of one execution: whoever has it can speak for that stage alone.
 *
 * @param secret - what the executors and the API have in common
 * @returns 32 bytes
 */
export function callbackKey(secret: string, executionId: string, stage: string): Buffer {
  return createHmac('sha256', secret).update(['callback', executionId, stage].join('\u0000')).digest();
}
