import type { ApiKeyRecord, ApiKeyStore } from '@phi/core';
import type { Redis } from 'ioredis';

import { pack, unpack } from './codec.js';
import { createKeys, type Keys } from './keys.js';

/** API keys in one hash by their SHA-256, sessions as expiring strings; see the port in `@phi/core`. */
class RedisApiKeyStore implements ApiKeyStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async register(record: ApiKeyRecord): Promise<void> {
    await this.redis.hset(this.keys.key('api_keys'), record.hash, pack(record));
  }

  async find(hash: string): Promise<ApiKeyRecord | undefined> {
    const bytes = await this.redis.hgetBuffer(this.keys.key('api_keys'), hash);
    return bytes === null ? undefined : (unpack(bytes) as ApiKeyRecord);
  }

  async openSession(sessionHash: string, keyHash: string, lifetimeSeconds: number): Promise<void> {
    await this.redis.set(this.sessionKey(sessionHash), keyHash, 'EX', lifetimeSeconds);
  }

  async findSession(sessionHash: string): Promise<string | undefined> {
    return (await this.redis.get(this.sessionKey(sessionHash))) ?? undefined;
  }

  async closeSession(sessionHash: string): Promise<void> {
    await this.redis.unlink(this.sessionKey(sessionHash));
  }

  private sessionKey(sessionHash: string): string {
    return this.keys.key(`api_session:${sessionHash}`);
  }
}

/** The API keys of a namespace. */
export function openApiKeys(redis: Redis, namespace: string): ApiKeyStore {
  return new RedisApiKeyStore(redis, createKeys(namespace));
}
