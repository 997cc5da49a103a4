import {
  isTerminal,
  type ExecutionRecord,
  type ExecutionStore,
  type OpenedPass,
  type Page,
  type PassCommand,
  type PassResult,
  type RunRecord,
  type RunStatus,
  type RunStore,
} from '@phi/core';
import type { Redis } from 'ioredis';

import { pack, unpackSealed } from './codec.js';
import type { FunctionLibrary } from './function-library.js';
import type { Keys } from './keys.js';
import { listNewest, readPage } from './pages.js';
import { announce, decodeReply, type ReplyListener } from './reply.js';

/** Runs in Redis; see the port in `@phi/core`. A run of one execution is that execution's record. */
export class RedisRunStore implements RunStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly records: Pick<ExecutionStore, 'get'>,
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {}

  async latestPass(runId: string): Promise<number> {
    return Number((await this.redis.hget(this.keys.key(`run:${runId}`), 'pass')) ?? 1);
  }

  async passOpenedBy(runId: string, op: string): Promise<OpenedPass | undefined> {
    for (let pass = await this.latestPass(runId); pass > 1; pass--) {
      const fields = await this.redis.hgetall(this.keys.key(`pass:${runId}:${String(pass)}`));
      if (fields['op'] === op)
        return { pass, from: jobsThat(fields, 'from'), after: jobsThat(fields, 'after') };
    }
    return undefined;
  }

  async openPass(command: PassCommand): Promise<PassResult> {
    const reply = decodeReply('rerun-run', await this.library.call('rerun-run', [pack(command)]));
    announce(reply, this.listener);
    return reply.results[0] as PassResult;
  }

  async dependentsOf(
    planId: string,
    jobIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    if (jobIds.length === 0) return new Map();
    const fields = jobIds.map((jobId) => `dependents:${jobId}`);
    const found = await this.redis.hmgetBuffer(this.keys.key(`plan:${planId}`), ...fields);
    return new Map(
      jobIds.map((jobId, at) => {
        const bytes = found[at];
        return [
          jobId,
          bytes === null || bytes === undefined ? [] : ((unpackSealed(bytes) ?? []) as string[]),
        ];
      }),
    );
  }

  async get(runId: string): Promise<RunRecord | undefined> {
    const [root, counts] = await Promise.all([
      this.records.get(runId),
      this.redis.hgetall(this.keys.key(`run:${runId}`)),
    ]);
    return root === undefined || root.run_id !== runId ? undefined : describeRun(root, counts);
  }

  async executions(runId: string): Promise<readonly string[]> {
    const others = await this.redis.zrange(this.keys.key(`run_executions:${runId}`), '0', '-1');
    return [runId, ...others];
  }

  list(options: { readonly limit: number; readonly cursor?: string }): Promise<Page<RunRecord>> {
    return readPage(
      (limit, cursor) => listNewest(this.redis, [this.keys.key('runs')], limit, cursor),
      async (ids) => {
        const runs = await Promise.all(ids.map((id) => this.get(id)));
        return runs.filter((run) => run !== undefined).map((item) => ({ id: item.run_id, item }));
      },
      options,
      () => true,
    );
  }
}

/** The jobs of a pass (lua/lib/pass.lua) that it begins with, or those that come after. */
function jobsThat(fields: Readonly<Record<string, string>>, come: 'from' | 'after'): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    name.startsWith('job:') && value === come ? [name.slice('job:'.length)] : [],
  );
}

function describeRun(root: ExecutionRecord, counts: Readonly<Record<string, string>>): RunRecord {
  const base = {
    run_id: root.run_id,
    job_id: root.job_id,
    trigger_type: root.trigger_type,
    created_time: root.created_time,
  };
  if (counts['open'] === undefined) return { ...base, ...ofRootAlone(root) };
  const open = Number(counts['open']);
  const finished = counts['finished'] === undefined ? {} : { finished_time: Number(counts['finished']) };
  return {
    ...base,
    ...finished,
    open,
    status: statusOf(open, Number(counts['failed'] ?? 0) > 0, Number(counts['cancelled'] ?? 0) > 0),
  };
}

function ofRootAlone(root: ExecutionRecord): Pick<RunRecord, 'open' | 'status' | 'finished_time'> {
  if (!isTerminal(root.status)) return { open: 1, status: 'running' };
  const reason = root.reason ?? '';
  const cancelled = root.status === 'CANCELLED' && !reason.startsWith('SKIP_');
  const failed =
    root.status === 'FAILED' || root.status === 'TIMEOUT' || (cancelled && reason.startsWith('DEP_'));
  const finished = root.completed_time === undefined ? {} : { finished_time: root.completed_time };
  return { ...finished, open: 0, status: statusOf(0, failed, cancelled) };
}

function statusOf(open: number, failed: boolean, cancelled: boolean): RunStatus {
  if (open > 0) return 'running';
  if (failed) return 'failed';
  return cancelled ? 'cancelled' : 'succeeded';
}
