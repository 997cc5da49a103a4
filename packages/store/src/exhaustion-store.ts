import {
  RESOURCE_TYPES,
  type EmergencyAction,
  type ExhaustedResource,
  type Exhaustion,
  type ExhaustionReport,
  type ExhaustionStore,
  type ResourceType,
} from '@phi/core';
import type { Redis } from 'ioredis';

import { pack, unpack } from './codec.js';
import type { FunctionLibrary } from './function-library.js';
import type { Keys } from './keys.js';
import { announce, decodeReply, toArray, type ReplyListener } from './reply.js';

/** Exhausted resources in Redis; see the port in `@phi/core`. */
export class RedisExhaustionStore implements ExhaustionStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {}

  async report({ measurer, lapses_ms, exhausted }: ExhaustionReport): Promise<void> {
    const args = [measurer, lapses_ms, pack(exhausted)];
    const raw = await this.library.call('report-exhaustion', args);
    announce(decodeReply('report-exhaustion', raw), this.listener);
  }

  async read(): Promise<Exhaustion> {
    const raw = unpack((await this.library.call('read-exhaustion', [])) as Buffer) as Record<
      keyof Exhaustion,
      object | number
    >;
    return {
      exhausted: listOf(raw.exhausted).map(decodeResource),
      queued_jobs: listOf(raw.queued_jobs) as string[],
      queued_count: Number(raw.queued_count),
      held_jobs: listOf(raw.held_jobs) as string[],
    };
  }

  async counts(): Promise<Readonly<Record<ResourceType, number>>> {
    const counts = await this.redis.hgetall(this.keys.key('exhaustion_counts'));
    return Object.fromEntries(RESOURCE_TYPES.map((type) => [type, Number(counts[type] ?? 0)])) as Record<
      ResourceType,
      number
    >;
  }
}

const listOf = (value: object | number): readonly unknown[] => toArray(value);

function decodeResource(raw: unknown): ExhaustedResource {
  const { expires: _, ...resource } = raw as ExhaustedResource & { readonly expires: number };
  return {
    ...resource,
    actions: listOf(resource.actions) as EmergencyAction[],
    in_force: listOf(resource.in_force) as EmergencyAction[],
  };
}
