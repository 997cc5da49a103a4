import type { JobRegistration, JobStore, RegisterCommand, RegisterResult } from '@phi/core';
import type { Redis } from 'ioredis';

import { corruptionOf, pack, packSealed, unpackSealed } from './codec.js';
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
    const entries = await this.redis.hgetallBuffer(this.keys.key('jobs'));
    const found = await Promise.all(
      Object.entries(entries).map(
        async ([jobId, bytes]) => readRegistration(bytes) ?? this.latest(jobId, bytes),
      ),
    );
    return found.filter((registration) => registration !== undefined);
  }

  /** As its latest revision has it; a job that has none that can be read is as one that is not registered. */
  private async latest(jobId: string, damaged: Buffer): Promise<JobRegistration | undefined> {
    const name = `JOB|${jobId}`;
    await this.redis.hsetnx(this.keys.key('damaged_state'), name, `${corruptionOf(damaged)}|nothing`);
    return (await this.revisions(jobId)).at(-1);
  }

  async revision(jobId: string, revision: number): Promise<JobRegistration | undefined> {
    const bytes = await this.redis.hgetBuffer(this.keys.key(`job_revisions:${jobId}`), String(revision));
    return bytes === null ? undefined : readRegistration(bytes);
  }

  async lastRevisions(jobIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await Promise.all(
      jobIds.map((jobId) => this.redis.hlen(this.keys.key(`job_revisions:${jobId}`))),
    );
    return new Map(jobIds.map((jobId, index) => [jobId, counts[index] ?? 0]));
  }

  async revisions(jobId: string): Promise<readonly JobRegistration[]> {
    const entries = await this.redis.hvalsBuffer(this.keys.key(`job_revisions:${jobId}`));
    return entries.flatMap((bytes) => readRegistration(bytes) ?? []).sort((a, b) => a.revision - b.revision);
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
    const entries = command.jobs.map(({ registration }) => packSealed(registration));
    const raw = await this.library.call('register-jobs', [pack({ ...command, jobs }), ...entries]);
    const reply = decodeReply('register-jobs', raw);
    announce(reply, this.listener);
    const [word, ...schedule_ids] = reply.results as readonly string[];
    if (word === 'UNSETTLED') return { word, schedule_ids };
    return { word: word === 'REGISTERED' ? word : 'CONFLICT' };
  }
}

function readRegistration(bytes: Uint8Array): JobRegistration | undefined {
  return unpackSealed(bytes) as JobRegistration | undefined;
}
