import type { Page, RunRecord, RunStatus, RunStore } from '@phi/core';
import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';
import { listByScore } from './pages.js';

/** Runs in Redis; see the port in `@phi/core`. */
export class RedisRunStore implements RunStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async get(runId: string): Promise<RunRecord | undefined> {
    const fields = await this.redis.hgetall(this.keys.key(`run:${runId}`));
    return decodeRun(runId, fields);
  }

  async executions(runId: string): Promise<readonly string[]> {
    const others = await this.redis.zrange(this.keys.key(`run_executions:${runId}`), '0', '-1');
    return [runId, ...others];
  }

  async list(options: { readonly limit: number; readonly cursor?: string }): Promise<Page<RunRecord>> {
    const page = await listByScore(this.redis, [this.keys.key('runs')], options);
    const runs = await Promise.all(page.items.map((runId) => this.get(runId)));
    return { ...page, items: runs.filter((run) => run !== undefined) };
  }
}

function decodeRun(runId: string, fields: Readonly<Record<string, string>>): RunRecord | undefined {
  if (fields['job_id'] === undefined) return undefined;
  return {
    run_id: runId,
    job_id: fields['job_id'],
    trigger_type: fields['trigger_type'] ?? '',
    status: fields['status'] as RunStatus,
    created_time: Number(fields['created']),
    open: Number(fields['open'] ?? 0),
    ...(fields['finished'] === undefined ? {} : { finished_time: Number(fields['finished']) }),
  };
}
