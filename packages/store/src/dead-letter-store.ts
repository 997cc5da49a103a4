import type { DeadLetterFilter, DeadLetterStore, Page } from '@phi/core';
import type { Redis } from 'ioredis';

import type { FunctionLibrary } from './function-library.js';
import type { Keys } from './keys.js';
import { listNewest, readPage } from './pages.js';
import { decodeReply, type ScriptReply } from './reply.js';

/** Dead letters in Redis; see the port in `@phi/core`. */
export class RedisDeadLetterStore implements DeadLetterStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
  ) {}

  list(filter: DeadLetterFilter): Promise<Page<string>> {
    const { fingerprint } = filter;
    const key = this.keys.key(fingerprint === undefined ? 'dead_letters' : `dead_letters_of:${fingerprint}`);
    return readPage(
      (limit, cursor) => listNewest(this.redis, [key], limit, cursor),
      (ids) => Promise.resolve(ids.map((id) => ({ id, item: id }))),
      filter,
      () => true,
    );
  }

  async groups(): Promise<ReadonlyMap<string, number>> {
    const fields = await this.redis.hgetall(this.keys.key('dead_letter_groups'));
    return new Map(Object.entries(fields).map(([fingerprint, count]) => [fingerprint, Number(count)]));
  }

  async has(executionId: string): Promise<boolean> {
    return (await this.redis.zscore(this.keys.key('dead_letters'), executionId)) !== null;
  }

  async dropped(): Promise<number> {
    return Number((await this.redis.get(this.keys.key('dead_letters_dropped'))) ?? 0);
  }

  async purge(executionIds: readonly string[]): Promise<readonly string[]> {
    return executionIds.length === 0 ? [] : idsOf(await this.callPurge(executionIds));
  }

  async purgeExpired(): Promise<{ readonly purged: readonly string[]; readonly more: boolean }> {
    const reply = await this.callPurge([]);
    return { purged: idsOf(reply), more: reply.more };
  }

  private async callPurge(executionIds: readonly string[]): Promise<ScriptReply> {
    return decodeReply('purge-dead-letters', await this.library.call('purge-dead-letters', executionIds));
  }
}

function idsOf(reply: ScriptReply): readonly string[] {
  return reply.results as readonly string[];
}
