import { isTerminal, parseConfig, type ExecutionStatus } from '@phi/core';
import { openServices, waitForRedis } from '@phi/service';
import { openStores } from '@phi/store';
import { createLogger } from '@phi/telemetry';

import { JOBS, EDGES, EVERY_SECONDS, LIMITS, TAKES } from './workload/jobs.js';
import type { Told } from './workload/told.js';
import type { Dump, DumpedTick, Intent } from './witness/dump.js';
import { readEffects } from './witness/effects.js';
import { readStored } from './witness/read-dump.js';
import { NAMESPACE, type World } from './world.js';

/** The workload's own intent. */
export const INTENT: Intent = {
  edges: EDGES,
  maxAttempts: new Map(JOBS.map(({ job_id, retry_policy }) => [job_id, retry_policy?.max_attempts ?? 3])),
  limits: new Map(Object.entries(LIMITS)),
  schedules: new Map(Object.entries(EVERY_SECONDS).map(([job, seconds]) => [`${job}.schedule`, seconds])),
  takes: new Map(Object.entries(TAKES)),
};

/** Reads a world's store beside the services, from Redis itself, and changes nothing. */
export class Observer {
  private readonly stores: ReturnType<typeof openStores>;

  constructor(private readonly world: World) {
    const nothing = (): void => undefined;
    this.stores = openStores(world.redis, NAMESPACE, {
      onAdmitted: nothing,
      onMore: nothing,
      onUnreadable: nothing,
      onConditions: nothing,
    });
  }

  /** How many executions are in each state. */
  counts(): Promise<Readonly<Record<ExecutionStatus, number>>> {
    return this.stores.executions.countByStatus();
  }

  /** How many have not ended. */
  async open(): Promise<number> {
    return Object.entries(await this.counts())
      .filter(([status]) => !isTerminal(status as ExecutionStatus))
      .reduce((sum, [, count]) => sum + count, 0);
  }

  async deadLetters(): Promise<readonly string[]> {
    return (await this.stores.deadLetters.list({ limit: 50 })).items;
  }

  /** When a trigger that holds events is due; undefined where none holds any. */
  nextDue(): Promise<number | undefined> {
    return this.stores.events.nextDue();
  }

  async dump(told: readonly Told[]): Promise<Dump> {
    const { phi, effectsFile } = this.world;
    const stored = await this.stored();
    const ticks = await Promise.all(
      [...INTENT.schedules.keys()].map(async (id) => [id, await this.ticks(id)] as const),
    );
    const open = stored.executions.filter(({ completed_time }) => completed_time === undefined);
    const explanations = await Promise.all(
      open.map(async ({ execution_id }) => {
        const explanation = await phi.api.get(`/v1/executions/${execution_id}/explain`);
        return [execution_id, explanation] as const;
      }),
    );
    return {
      ...stored,
      intent: INTENT,
      told,
      effects: await readEffects(effectsFile),
      ticks: new Map(ticks),
      explanations: new Map(explanations),
    };
  }

  private async stored(): ReturnType<typeof readStored> {
    const { phi, redis } = this.world;
    const config = parseConfig({});
    if (!config.ok) throw new Error('the configuration is wrong');
    const about = { redisUrl: phi.redis.url, namespace: NAMESPACE, dataDir: phi.dataDir, logLevel: 'silent' };
    const open = openServices({ ...about, config: config.config }, createLogger('observer', 'silent'));
    try {
      await waitForRedis(open.redis);
      return await readStored(open.services, redis, NAMESPACE);
    } finally {
      await open.close();
    }
  }

  private async ticks(scheduleId: string): Promise<readonly DumpedTick[]> {
    const ticks = await this.world.phi.api.allTicks(scheduleId);
    return ticks
      .map(({ nominal_time, ...tick }) => ({ ...tick, nominal_ms: Date.parse(nominal_time) }))
      .toReversed();
  }
}
