import type {
  CorruptionType,
  DamagedState,
  ExecutionStatus,
  ExecutionTrace,
  MendCommand,
  QuarantinedRecord,
  RebuildCommand,
  RebuildResult,
  RepairList,
  RepairStore,
  StateKind,
} from '@phi/core';
import { PhiError } from '@phi/core';
import type { Redis } from 'ioredis';

import { corruptionOf, decodeRecord, pack } from './codec.js';
import type { FunctionLibrary } from './function-library.js';
import type { Keys } from './keys.js';
import { announce, decodeReply, type ReplyListener } from './reply.js';

/** Records looked at in one step, and entries of the outbox. */
const STEP = 500;

/** Damaged records in Redis; see the port in `@phi/core`. */
export class RedisRepairStore implements RepairStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {}

  async scan(
    list: RepairList,
    from: number,
  ): Promise<{ readonly damaged: ReadonlyMap<string, CorruptionType>; readonly next: number | undefined }> {
    const suffix = list === 'active' ? list : `status:${list}`;
    const ids = await this.redis.zrange(this.keys.key(suffix), String(from), String(from + STEP - 1));
    if (ids.length === 0) return { damaged: new Map(), next: undefined };
    // What is no text at all is absent here as well.
    const found = await this.redis.mgetBuffer(ids.map((id) => this.keys.key(`x:${id}`)));
    const damages = ids.flatMap((id, index): [string, CorruptionType][] => {
      const damage = damageOf(found[index] ?? null);
      return damage === undefined ? [] : [[id, damage]];
    });
    return {
      damaged: await this.stillListed(suffix, damages),
      next: ids.length < STEP ? undefined : from + STEP,
    };
  }

  /** What was removed from the history between the two readings is not damaged. */
  private async stillListed(
    suffix: string,
    damages: readonly (readonly [id: string, damage: CorruptionType])[],
  ): Promise<ReadonlyMap<string, CorruptionType>> {
    if (damages.length === 0) return new Map();
    const scores = await this.redis.zmscore(this.keys.key(suffix), ...damages.map(([id]) => id));
    return new Map(damages.filter((_, index) => scores[index] !== null));
  }

  async trace(executionId: string): Promise<ExecutionTrace | undefined> {
    for (let end = '+'; ;) {
      const entries = await this.redis.xrevrange(this.keys.key('outbox'), end, '-', 'COUNT', STEP);
      for (const [, fields] of entries) {
        const at = fields.findLastIndex((field, index) => index % 2 === 0 && field === executionId);
        if (at >= 0) return traceOf(fields[at + 1] ?? '');
      }
      const last = entries.at(-1);
      if (last === undefined || entries.length < STEP) return undefined;
      end = `(${last[0]}`;
    }
  }

  async jobOf(executionId: string, jobIds: readonly string[]): Promise<string | undefined> {
    if (jobIds.length === 0) return undefined;
    const pipeline = this.redis.pipeline();
    for (const jobId of jobIds) pipeline.zscore(this.keys.key(`job_executions:${jobId}`), executionId);
    const scores = (await pipeline.exec()) ?? [];
    return jobIds[scores.findIndex(([, score]) => typeof score === 'string')];
  }

  async rebuild(command: RebuildCommand): Promise<RebuildResult> {
    const reply = decodeReply(
      'rebuild-execution',
      await this.library.call('rebuild-execution', [pack(command)]),
    );
    announce(reply, this.listener);
    return reply.results[0] as RebuildResult;
  }

  async damagedState(): Promise<readonly DamagedState[]> {
    const noted = await this.redis.hgetall(this.keys.key('damaged_state'));
    return Object.entries(noted).map(([name, value]) => {
      const [kind, subject] = halves(name);
      const [corruption_type, lost] = halves(value);
      return {
        kind: kind as StateKind,
        subject,
        corruption_type: corruption_type as CorruptionType,
        lost,
      };
    });
  }

  async forgetState({ kind, subject }: DamagedState): Promise<void> {
    await this.redis.hdel(this.keys.key('damaged_state'), `${kind}|${subject}`);
  }

  async unfinished(cursor = 'active 0'): ReturnType<RepairStore['unfinished']> {
    const [index = '', at = '0'] = cursor.split(' ');
    // By rank they would move up while others end.
    const [then, found] = await this.redis.zscan(this.keys.key(index), at, 'COUNT', STEP);
    const ids = found.filter((_, place) => place % 2 === 0);
    if (then !== '0') return { ids, next: `${index} ${then}` };
    return { ids, next: index === 'active' ? 'releasing 0' : undefined };
  }

  async mendPlan(plan: MendCommand): ReturnType<RepairStore['mendPlan']> {
    return (await this.mend({ plan })) as Awaited<ReturnType<RepairStore['mendPlan']>>;
  }

  async mendJob(job_id: string): ReturnType<RepairStore['mendJob']> {
    return (await this.mend({ job_id })) as Awaited<ReturnType<RepairStore['mendJob']>>;
  }

  async mendSchedule(
    schedule_id: string,
    as: Parameters<RepairStore['mendSchedule']>[1],
  ): ReturnType<RepairStore['mendSchedule']> {
    const word = await this.mend({ schedule: { schedule_id, as } });
    return word as Awaited<ReturnType<RepairStore['mendSchedule']>>;
  }

  private async mend(command: Readonly<Record<string, unknown>>): Promise<unknown> {
    const reply = decodeReply('mend-state', await this.library.call('mend-state', [pack(command)]));
    announce(reply, this.listener);
    return reply.results[0];
  }

  async quarantined(): Promise<readonly QuarantinedRecord[]> {
    const entries = await this.redis.lrangeBuffer(this.keys.key('quarantined_records'), 0, -1);
    return entries.map((entry) => {
      const [name, time, bytes] = unpackBytes(entry);
      const [kind, id] = name.includes('|') ? halves(name) : ['EXECUTION', name];
      return { kind: kind as QuarantinedRecord['kind'], id, time, bytes: bytes.toString('base64') };
    });
  }
}

/** How a record is damaged; undefined where it is not, or a newer Phi wrote it. What is absent was to be there. */
function damageOf(bytes: Buffer | null): CorruptionType | undefined {
  if (bytes === null) return 'PARTIAL_WRITE';
  try {
    decodeRecord(bytes);
    return undefined;
  } catch (error) {
    return error instanceof PhiError && error.code === 'STATE_004_RECORD_TOO_NEW'
      ? undefined
      : corruptionOf(bytes);
  }
}

/** What stands before the first bar, and after it. */
function halves(text: string): readonly [string, string] {
  const at = text.indexOf('|');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** <status>|<revision>|<job_id>|<run_id>|<events>, where ids may have bars in them but runs are ids of executions. */
function traceOf(value: string): ExecutionTrace {
  const parts = value.split('|');
  const [status = '', revision = ''] = parts;
  return {
    status: status as ExecutionStatus,
    revision: Number(revision),
    job_id: parts.slice(2, -2).join('|'),
    run_id: parts.at(-2) ?? '',
  };
}

/** <execution_id> <time> <the bytes as they were found, whatever they are> */
function unpackBytes(entry: Buffer): [executionId: string, time: number, bytes: Buffer] {
  const first = entry.indexOf(' ');
  const second = entry.indexOf(' ', first + 1);
  const time = Number(entry.subarray(first + 1, second).toString());
  return [entry.subarray(0, first).toString(), time, entry.subarray(second + 1)];
}
