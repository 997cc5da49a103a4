import { TERMINAL_STATUSES, type HistoryStore, type RunPosition, type RunRemoval } from '@phi/core';
import type { Redis } from 'ioredis';

import type { FunctionLibrary, FunctionName } from './function-library.js';
import type { Keys } from './keys.js';
import { decodeReply } from './reply.js';

/** Executions that one call looks at: bounds how long it keeps Redis from others. */
const AT_ONCE = 200;

/** What has ended, in Redis; see the port in `@phi/core`. */
export class RedisHistoryStore implements HistoryStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
  ) {}

  async countEnded(): Promise<number> {
    const counts = await Promise.all(
      TERMINAL_STATUSES.map((status) => this.redis.zcard(this.keys.key(`status:${status}`))),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async oldestRuns(
    limit: number,
    before: number,
    after: RunPosition | undefined,
  ): Promise<readonly RunPosition[]> {
    const found: RunPosition[] = [];
    for (let offset = 0; found.length < limit; offset += limit) {
      const raw = await this.redis.zrangebyscore(
        this.keys.key('runs'),
        after?.created_time ?? '-inf',
        `(${String(before)}`,
        'WITHSCORES',
        'LIMIT',
        offset,
        limit,
      );
      for (let at = 0; at < raw.length; at += 2) {
        const run = { run_id: raw[at] ?? '', created_time: Number(raw[at + 1]) };
        if (after === undefined || isAfter(run, after)) found.push(run);
      }
      if (raw.length < 2 * limit) break;
    }
    return found.slice(0, limit);
  }

  async offered(executionIds: readonly string[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (let at = 0; at < executionIds.length; at += AT_ONCE) {
      const ended = executionIds.slice(at, at + AT_ONCE);
      for (const id of await this.idsFrom('read-offered', ended)) found.add(id);
    }
    return found;
  }

  async usedByOpen(): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [next, page] = await this.redis.zscan(this.keys.key('active'), cursor, 'COUNT', AT_ONCE);
      const open = page.filter((_, index) => index % 2 === 0);
      for (const id of await this.idsFrom('read-used', open)) found.add(id);
      cursor = next;
    } while (cursor !== '0');
    return found;
  }

  async removeRun(runId: string): Promise<RunRemoval> {
    const [result] = decodeReply('remove-run', await this.library.call('remove-run', [runId])).results;
    return typeof result === 'object' && result !== null && 'refusal' in result
      ? ({ ok: false, ...result } as RunRemoval)
      : ({ ok: true, ...(result as object) } as RunRemoval);
  }

  async forgetSchedule(scheduleId: string, before: number): Promise<boolean> {
    return Number(await this.library.call('forget-schedule', [scheduleId, before])) === 1;
  }

  private async idsFrom(name: FunctionName, executionIds: readonly string[]): Promise<readonly string[]> {
    if (executionIds.length === 0) return [];
    return ((await this.library.call(name, executionIds)) as Buffer[]).map(String);
  }
}

function isAfter(run: RunPosition, other: RunPosition): boolean {
  if (run.created_time !== other.created_time) return run.created_time > other.created_time;
  return run.run_id > other.run_id;
}
