import {
  findingOf,
  type CheckedRetry,
  type Finding,
  type FindingCode,
  type FindingSubject,
  type IntegrityStore,
  type Listed,
  type PartReport,
  type RepairCount,
  type StorePart,
} from '@phi/core';
import type { Redis } from 'ioredis';

import { unpack } from './codec.js';
import type { FunctionLibrary } from './function-library.js';
import type { Keys } from './keys.js';
import { announce, decodeReply, toArray, type ReplyListener, type ScriptReply } from './reply.js';
import { redisNow } from './time.js';

/** Keys looked at by one SCAN, and members by one of its kind: bounds how long it keeps Redis from others. */
const SCANNED_AT_ONCE = 1000;

interface CheckReply extends ScriptReply {
  readonly retries?: object;
  readonly with_dependents?: object;
  readonly lost?: number;
  readonly handed_over?: number;
  readonly left?: object;
  readonly too_large?: number;
}

/** The store as a whole in Redis; see the port in `@phi/core`. */
export class RedisIntegrityStore implements IntegrityStore {
  private prefixes: readonly string[] | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly names: Keys,
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {}

  async keys(match: string, cursor = '0'): Promise<Listed> {
    const { prefix } = this.names;
    // The hash tag is no glob: braces mean nothing to Redis.
    const pattern = `${escapeGlob(prefix)}${match}`;
    const [next, keys] = await this.redis.scan(cursor, 'MATCH', pattern, 'COUNT', SCANNED_AT_ONCE);
    return listed(
      next,
      keys.map((key) => key.slice(prefix.length)),
    );
  }

  async members(suffix: string, cursor = '0'): Promise<Listed> {
    const key = this.names.key(suffix);
    const count = ['COUNT', SCANNED_AT_ONCE] as const;
    switch (await this.redis.type(key)) {
      case 'zset':
        return pairs(await this.redis.zscan(key, cursor, ...count));
      case 'hash':
        return pairs(await this.redis.hscan(key, cursor, ...count));
      case 'set':
        return listed(...(await this.redis.sscan(key, cursor, ...count)));
      default:
        return { found: [] };
    }
  }

  async indexes(): Promise<readonly string[]> {
    if (this.prefixes === undefined) {
      const reply = unpack((await this.library.call('check-store', ['indexes'])) as Buffer);
      this.prefixes = toArray((reply as { indexes: object }).indexes) as string[];
    }
    return this.prefixes;
  }

  async check(part: StorePart, subjects: readonly (string | number)[], repair: boolean): Promise<PartReport> {
    const name = repair ? 'repair-store' : 'check-store';
    const reply = decodeReply(name, await this.library.call(name, [part, ...subjects])) as CheckReply;
    announce(reply, this.listener);
    return {
      findings: reply.results.map(decodeFinding),
      retries: toArray(reply.retries ?? []) as CheckedRetry[],
      with_dependents: toArray(reply.with_dependents ?? []) as string[],
      lost: reply.lost ?? 0,
      handed_over: reply.handed_over ?? 0,
      left: toArray(reply.left ?? []).map(String),
      too_large: reply.too_large ?? 0,
    };
  }

  async countRepair(code: FindingCode): Promise<void> {
    const now = await redisNow(this.redis, this.names);
    await this.redis
      .multi()
      .hincrby(this.names.key('repairs'), code, 1)
      .hset(this.names.key('repaired_at'), code, now)
      .exec();
  }

  async repairs(): Promise<ReadonlyMap<string, RepairCount>> {
    const [counts, times] = await Promise.all([
      this.redis.hgetall(this.names.key('repairs')),
      this.redis.hgetall(this.names.key('repaired_at')),
    ]);
    return new Map(
      Object.entries(counts).map(([code, count]) => [
        code,
        { count: Number(count), last: Number(times[code] ?? 0) },
      ]),
    );
  }
}

function decodeFinding(raw: unknown): Finding {
  const { code, kind, id, detail, repaired } = raw as FindingSubject & {
    readonly code: FindingCode;
    readonly detail: string;
    readonly repaired: boolean;
  };
  return findingOf(code, { kind, id }, detail, repaired);
}

function listed(next: string, found: readonly string[]): Listed {
  return next === '0' ? { found } : { found, next_cursor: next };
}

/** Of a reply that has a value after each member. */
function pairs([next, found]: [string, string[]]): Listed {
  return listed(
    next,
    found.filter((_, index) => index % 2 === 0),
  );
}

function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}
