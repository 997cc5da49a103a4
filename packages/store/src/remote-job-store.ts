import type {
  Page,
  RecordedRemoteJob,
  RemoteJob,
  RemoteJobId,
  RemoteJobStore,
  RemoteOrphan,
} from '@phi/core';
import type { Redis } from 'ioredis';

import { unpack } from './codec.js';
import type { FunctionLibrary } from './function-library.js';
import type { Keys } from './keys.js';

/** Jobs of one page, about. */
const PAGE = 500;

/** Remote jobs in Redis, a hash by chain and stage; see the port in `@phi/core`. */
export class RedisRemoteJobStore implements RemoteJobStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
  ) {}

  async record(job: RemoteJob): Promise<void> {
    await this.library.call('record-remote-job', [fieldOf(job), job.generation, JSON.stringify(job)]);
  }

  async forget(job: RemoteJobId): Promise<void> {
    await this.library.call('forget-remote-job', [fieldOf(job), job.generation]);
  }

  async ofChain(chainId: string, stages: readonly string[]): Promise<readonly RecordedRemoteJob[]> {
    const fields = [...new Set(stages)].map((stage) => fieldOf({ chain_id: chainId, stage }));
    if (fields.length === 0) return [];
    const found = await this.redis.hmgetBuffer(this.keys.key('remote_jobs'), ...fields);
    return found.flatMap((bytes) => (bytes === null ? [] : [decodeJob(bytes)]));
  }

  async list(cursor = '0'): Promise<Page<RecordedRemoteJob>> {
    const [next, found] = await this.redis.hscanBuffer(this.keys.key('remote_jobs'), cursor, 'COUNT', PAGE);
    const items = found.filter((_, index) => index % 2 === 1).map(decodeJob);
    return String(next) === '0' ? { items } : { items, next_cursor: String(next) };
  }

  async orphans(): Promise<readonly RemoteOrphan[]> {
    const notes = await this.redis.hgetall(this.keys.key('remote_orphans'));
    const orphans = Object.values(notes).map((note) => JSON.parse(note) as RemoteOrphan);
    return orphans.sort((one, other) => one.since - other.since);
  }

  async noteOrphan(orphan: RemoteOrphan): Promise<void> {
    await this.library.call('note-remote-orphan', [
      fieldOf(orphan),
      orphan.generation,
      JSON.stringify(orphan),
    ]);
  }

  countOrphans(): Promise<number> {
    return this.redis.hlen(this.keys.key('remote_orphans'));
  }

  async wake(executionId: string, stage: string): Promise<void> {
    await this.redis.publish(this.keys.key('callbacks'), JSON.stringify([executionId, stage]));
  }
}

/** No name of a stage has a slash. */
function fieldOf({ chain_id, stage }: Pick<RemoteJobId, 'chain_id' | 'stage'>): string {
  return `${stage}/${chain_id}`;
}

function decodeJob(bytes: Buffer): RecordedRemoteJob {
  const { since, job } = unpack(bytes) as { readonly since: number; readonly job: string };
  return { ...(JSON.parse(job) as RemoteJob), since };
}
