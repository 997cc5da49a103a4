import type { Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** Looks in a row that find the caches unusable before work is held back: one may be a reconnection. */
const LOOKS = 2;

/**
 * Holds work back that needs the lookup caches while they cannot be used (specification: Module Epsilon Integration, Cache Status): the pool
 * that such jobs are in is paused, and resumed when the caches are there again. The pool's pause is the watch's alone: what somebody else
 * sets it to is undone, so that a recovery that was restarted never leaves it paused for good.
 */
export class CacheWatch {
  private failing = 0;

  /**
   * @param areHealthy - whether the caches can be used; a failure means that they cannot
   * @param pool - the pool of the jobs that need them
   */
  constructor(
    private readonly services: Services,
    private readonly areHealthy: () => Promise<boolean>,
    private readonly pool: string,
    private readonly log: Logger,
  ) {}

  async tick(): Promise<undefined> {
    const problem = await this.areHealthy().then(
      (healthy) => (healthy ? undefined : 'a cache reports that it is not healthy'),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    this.failing = problem === undefined ? 0 : this.failing + 1;
    if (this.failing > 0 && this.failing < LOOKS) return;
    const paused = this.failing > 0;
    const known = await this.services.limits.pool(this.pool);
    if ((known?.paused ?? false) === paused) return;
    await this.services.limits.change({ pools: [{ name: this.pool, paused }] });
    if (paused)
      this.log.warn({ pool: this.pool, problem }, 'lookup caches cannot be used; their pool is paused');
    else this.log.info({ pool: this.pool }, 'lookup caches can be used; their pool is resumed');
  }
}
