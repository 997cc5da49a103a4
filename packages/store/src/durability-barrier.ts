import { PhiError, type Durability, type PhiConfig } from '@phi/core';
import type { Redis } from 'ioredis';

import { createKeys } from './keys.js';

type DurabilityConfig = Pick<PhiConfig, 'DURABILITY' | 'DURABILITY_REPLICAS' | 'DURABILITY_TIMEOUT_MS'>;

/**
 * Waits until what was written is on disk or with replicas (docs/adr/0033-redis-in-trouble.md).
 *
 * Redis waits for what was written on the same connection, and holds up everything else there: so it is done on one of its own, after a
 * small write. Redis passes writes on in order, so what was written before, on whatever connection, is as safe as that one. Whoever
 * comes while others wait shares the next wait.
 */
export class DurabilityBarrier implements Durability {
  private waiting: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  /** Connections that were lost: the next may be to another server, which knows nothing of what was written before. */
  private lost = 0;

  /**
   * @param redis - a connection of its own
   * @param written - the one that everything else is written on
   */
  constructor(
    private readonly redis: Redis,
    written: Redis,
    private readonly namespace: string,
    private readonly config: DurabilityConfig,
  ) {
    for (const connection of [redis, written]) connection.on('close', () => (this.lost += 1));
  }

  begin(): number {
    return this.lost;
  }

  async confirm(begun: number): Promise<void> {
    await this.sharedWait();
    if (this.lost !== begun) throw notDurable('the connection to Redis was lost meanwhile');
  }

  close(): void {
    this.redis.disconnect();
  }

  private sharedWait(): Promise<void> {
    if (this.waiting === undefined) return this.startWait();
    this.next ??= this.waiting
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.startWait();
      });
    return this.next;
  }

  private startWait(): Promise<void> {
    this.waiting = this.waitOnce().finally(() => (this.waiting = undefined));
    return this.waiting;
  }

  private async waitOnce(): Promise<void> {
    const [, wait] = await Promise.all([
      this.redis.set(createKeys(this.namespace).key('durability'), '1'),
      this.wait(),
    ]).catch((cause: unknown) => {
      throw notDurable('Redis did not answer', cause);
    });
    if (wait !== undefined) throw notDurable(wait);
  }

  /** @returns what it is not, if it is not in time */
  private async wait(): Promise<string | undefined> {
    const { DURABILITY, DURABILITY_REPLICAS: replicas, DURABILITY_TIMEOUT_MS: timeoutMs } = this.config;
    if (DURABILITY === 'REPLICA') {
      const reached = await this.redis.wait(replicas, timeoutMs);
      return reached >= replicas
        ? undefined
        : `${String(reached)} of ${String(replicas)} replicas had it after ${String(timeoutMs)} ms`;
    }
    const [onDisk] = (await this.redis.call('WAITAOF', '1', '0', String(timeoutMs))) as [number, number];
    return onDisk === 1 ? undefined : `it was not on disk after ${String(timeoutMs)} ms`;
  }
}

function notDurable(why: string, cause?: unknown): PhiError {
  return new PhiError(
    'STATE_050_NOT_DURABLE',
    `It was done, but ${why}: it may be lost with Redis. Repeat it with the same idempotency key.`,
    { operation: 'store.confirm', cause },
  );
}

/** Where nothing is waited for (DURABILITY=NONE). */
export const NOT_WAITING: Durability = { begin: () => 0, confirm: () => Promise.resolve() };
