import type { Page, Redrive, RedriveSelector, RedriveStore } from '@phi/core';
import type { Redis } from 'ioredis';

import type { FunctionLibrary } from './function-library.js';
import type { Keys } from './keys.js';
import { listNewest, readPage } from './pages.js';

/** Redrives in Redis; see the port in `@phi/core`. */
export class RedisRedriveStore implements RedriveStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
  ) {}

  async create(redrive: Redrive): Promise<'CREATED' | { readonly busy: string }> {
    const word = await this.write(redrive);
    if (word === 'SAVED') return 'CREATED';
    return { busy: word === 'STALE' ? redrive.redrive_id : word };
  }

  async save(redrive: Redrive): Promise<'SAVED' | 'STALE'> {
    return (await this.write(redrive)) === 'SAVED' ? 'SAVED' : 'STALE';
  }

  async get(redriveId: string): Promise<Redrive | undefined> {
    const text = await this.redis.hget(this.keys.key(`redrive:${redriveId}`), 'redrive');
    return text === null ? undefined : (JSON.parse(text) as Redrive);
  }

  async open(): Promise<readonly Redrive[]> {
    return this.getMany(await this.redis.hvals(this.keys.key('redrives_open')));
  }

  list(page: { readonly limit: number; readonly cursor?: string }): Promise<Page<Redrive>> {
    return readPage(
      (limit, cursor) => listNewest(this.redis, [this.keys.key('redrives')], limit, cursor),
      async (ids) => (await this.getMany(ids)).map((item) => ({ id: item.redrive_id, item })),
      page,
      () => true,
    );
  }

  private async getMany(ids: readonly string[]): Promise<readonly Redrive[]> {
    const found = await Promise.all(ids.map((id) => this.get(id)));
    return found.filter((redrive) => redrive !== undefined);
  }

  private write(redrive: Redrive): Promise<string> {
    const { redrive_id, revision, created_time, selector, state } = redrive;
    const how = state === 'PROBING' || state === 'RELEASING' ? 'open' : 'ended';
    return this.library.callForWord('save-redrive', [
      redrive_id,
      revision,
      created_time,
      keyOf(selector),
      how,
      JSON.stringify(redrive),
    ]);
  }
}

function keyOf({ fingerprint = '', job_id = '', error_code = '' }: RedriveSelector): string {
  return [fingerprint, job_id, error_code].join('|');
}
