import type { JobRegistration, JobStore, RegisterCommand, RegisterResult } from '@phi/core';
import type { Redis } from 'ioredis';

import { pack, unpack } from './codec.js';
import type { Keys } from './keys.js';
import type { FunctionLibrary } from './function-library.js';
import { announce, decodeReply, type ReplyListener } from './reply.js';

/** Job definitions in Redis, every revision kept; see the port in `@phi/core`. */
export class RedisJobStore implements JobStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {}

  async graphId(): Promise<string | undefined> {
    return (await this.redis.hget(this.keys.key('meta'), 'graph_id')) ?? undefined;
  }

  async all(): Promise<readonly JobRegistration[]> {
    const entries = await this.redis.hvalsBuffer(this.keys.key('jobs'));
    return entries.map((bytes) => unpack(bytes) as JobRegistration);
  }

  async revision(jobId: string, revision: number): Promise<JobRegistration | undefined> {
    const bytes = await this.redis.hgetBuffer(this.keys.key(`job_revisions:${jobId}`), String(revision));
    return bytes === null ? undefined : (unpack(bytes) as JobRegistration);
  }

  async lastRevisions(jobIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await Promise.all(
      jobIds.map((jobId) => this.redis.hlen(this.keys.key(`job_revisions:${jobId}`))),
    );
    return new Map(jobIds.map((jobId, index) => [jobId, counts[index] ?? 0]));
  }

  async revisions(jobId: string): Promise<readonly JobRegistration[]> {
    const entries = await this.redis.hvalsBuffer(this.keys.key(`job_revisions:${jobId}`));
    return entries.map((bytes) => unpack(bytes) as JobRegistration).sort((a, b) => a.revision - b.revision);
  }

  async register(command: RegisterCommand): Promise<RegisterResult> {
    const jobs = command.jobs.map(({ registration, max_running, schedule, window, triggers, each }) => ({
      job_id: registration.job_id,
      revision: registration.revision,
      max_running,
      schedule,
      window,
      triggers,
      each,
    }));
    const entries = command.jobs.map(({ registration }) => pack(registration));
    const raw = await this.library.call('register-jobs', [pack({ ...command, jobs }), ...entries]);
    const reply = decodeReply('register-jobs', raw);
    announce(reply, this.listener);
    const [word, ...schedule_ids] = reply.results as readonly string[];
    if (word === 'UNSETTLED') return { word, schedule_ids };
    return { word: word === 'REGISTERED' ? word : 'CONFLICT' };
  }
}
