import type {
  AskedCondition,
  CancelCommand,
  CancelResult,
  CreateCommand,
  CreateResult,
  DecidedEdge,
  ExecutionFilter,
  ExecutionRecord,
  ExecutionStatus,
  ExecutionStore,
  NoteCommand,
  Page,
  StoredPlan,
  Timer,
  TransitionCommand,
  ConditionAnswer,
  PublishResult,
  ReportList,
  RetryNowCommand,
  RetryNowResult,
  TransitionResult,
} from '@phi/core';
import { EXECUTION_STATUSES, TERMINAL_STATUSES } from '@phi/core';
import type { Redis } from 'ioredis';

import { decodeRecord, pack, unpackSealed } from './codec.js';
import { Coalescer } from './coalescer.js';
import { readAskedConditions } from './asked-conditions.js';
import type { Keys } from './keys.js';
import { unlessOfAnotherType } from './of-another-type.js';
import { listNewest, readPage } from './pages.js';
import { writePlan } from './plans.js';
import { OUT_OF_MEMORY, unlessOutOfMemory } from './out-of-memory.js';
import { announce, decodeReply, type ReplyListener, type ScriptReply } from './reply.js';
import type { FunctionLibrary, FunctionName } from './function-library.js';
import { redisNow } from './time.js';

/** Commands in one script call: bounds how long the script keeps Redis from others. */
const COMMANDS_AT_MOST = 12;

/** Those that have an index of their own; the others are found among the active. */
const INDEXED_STATUSES = ['PENDING', ...TERMINAL_STATUSES] as const;

/** The score of open chains that are past the gate, see lua/lib/gate.lua. */
const PAST_GATE = 1;

/** Executions in Redis; see the ports in `@phi/core`. */
export class RedisExecutionStore implements ExecutionStore {
  private readonly creations: Coalescer<CreateCommand, CreateResult>;
  private readonly transitions: Coalescer<TransitionCommand, TransitionResult>;

  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {
    this.creations = new Coalescer(
      (commands) =>
        unlessOutOfMemory(
          () => this.createAll(commands),
          () => commands.map(() => OUT_OF_MEMORY),
        ),
      COMMANDS_AT_MOST,
    );
    this.transitions = new Coalescer(async (commands) => {
      const [reply, records] = await this.callForRecords(commands.map(pack));
      return reply.results.map((raw) => decodeTransition(raw, records));
    }, COMMANDS_AT_MOST);
  }

  create(command: CreateCommand): Promise<CreateResult> {
    return this.creations.submit(command);
  }

  transition(command: TransitionCommand): Promise<TransitionResult> {
    return this.transitions.submit(command);
  }

  async cancel(commands: readonly CancelCommand[]): Promise<readonly CancelResult[]> {
    if (commands.length === 0) return [];
    const reply = await this.call('cancel-executions', commands.map(pack));
    return reply.results as readonly CancelResult[];
  }

  async retryNow(commands: readonly RetryNowCommand[]): Promise<readonly RetryNowResult[]> {
    if (commands.length === 0) return [];
    const reply = await this.call('retry-now', commands.map(pack));
    return reply.results as readonly RetryNowResult[];
  }

  async advance(): Promise<boolean> {
    const [reply] = await this.callForRecords([]);
    return reply.more;
  }

  async savePlan(plan: StoredPlan): Promise<void> {
    await writePlan(this.redis, this.keys, plan);
  }

  async get(executionId: string): Promise<ExecutionRecord | undefined> {
    const bytes = await this.redis.getBuffer(this.keys.key(`x:${executionId}`));
    return bytes === null ? undefined : decodeRecord(bytes);
  }

  async getMany(executionIds: readonly string[]): Promise<readonly ExecutionRecord[]> {
    if (executionIds.length === 0) return [];
    const found = await this.redis.mgetBuffer(executionIds.map((id) => this.keys.key(`x:${id}`)));
    return found.flatMap((bytes, index) =>
      bytes === null ? [] : this.readable(executionIds[index] ?? '', bytes),
    );
  }

  /** One record that cannot be read must not keep the others from being seen. */
  private readable(executionId: string, bytes: Uint8Array): ExecutionRecord[] {
    try {
      return [decodeRecord(bytes)];
    } catch (error) {
      this.listener.onUnreadable(executionId, error);
      return [];
    }
  }

  list(filter: ExecutionFilter): Promise<Page<ExecutionRecord>> {
    const indexes = this.indexesOf(filter);
    return readPage(
      (limit, cursor) => listNewest(this.redis, indexes, limit, cursor),
      async (ids) => (await this.getMany(ids)).map((item) => ({ id: item.execution_id, item })),
      filter,
      (record) => statusesOf(filter).includes(record.status),
    );
  }

  async decidedEdges(executionId: string): Promise<readonly DecidedEdge[]> {
    const reading = this.redis.hgetallBuffer(this.keys.key(`edges:${executionId}`));
    const edges = (await unlessOfAnotherType(reading)) ?? {};
    return Object.values(edges).flatMap((bytes) => (unpackSealed(bytes) ?? []) as DecidedEdge);
  }

  askedConditions(limit: number): Promise<readonly AskedCondition[]> {
    return readAskedConditions(this.redis, this.keys, limit);
  }

  async answerConditions(answers: readonly ConditionAnswer[]): Promise<void> {
    if (answers.length > 0) await this.call('decide-conditions', answers.map(pack));
  }

  unreported(list: ReportList, limit: number): Promise<readonly string[]> {
    return this.redis.lrange(this.keys.key(list), 0, limit - 1);
  }

  async reported(list: ReportList, executionId: string): Promise<void> {
    await this.redis.lrem(this.keys.key(list), 1, executionId);
  }

  async waitRemotely(execution_id: string, nonce: string, waits: boolean): Promise<'OK' | 'STALE_FENCE'> {
    const reply = await this.call('wait-remotely', [pack({ execution_id, nonce, waits })]);
    return reply.results[0] as 'OK' | 'STALE_FENCE';
  }

  async publishDataset(execution_id: string, nonce: string, dataset: string): Promise<PublishResult> {
    const reply = await this.call('publish-dataset', [pack({ execution_id, nonce, dataset })]);
    return reply.results[0] as PublishResult;
  }

  async note(command: NoteCommand): Promise<'NOTED' | 'STALE_FENCE'> {
    const word = await this.library.callForWord('note-execution', [pack(command)]);
    return word === 'NOTED' ? 'NOTED' : 'STALE_FENCE';
  }

  async aheadOf({ execution_id, job_id, line }: ExecutionRecord): Promise<string | undefined> {
    if (line === undefined) return undefined;
    const { redis, keys } = this;
    const rank = (await redis.zrank(keys.key(`line:${line}`), execution_id)) ?? 0;
    if (rank > 0) {
      const before = String(rank - 1);
      return (await redis.zrange(keys.key(`line:${line}`), before, before))[0];
    }
    if (line.startsWith('catchup:')) return (await redis.hget(keys.key('turns'), line)) ?? undefined;
    return (await redis.zrangebyscore(keys.key(`open:${job_id}`), PAST_GATE, PAST_GATE, 'LIMIT', 0, 1))[0];
  }

  async due(timer: Timer, limit: number): Promise<readonly string[]> {
    const now = await redisNow(this.redis, this.keys);
    return this.redis.zrangebyscore(this.keys.key(timer), '-inf', now, 'LIMIT', 0, limit);
  }

  async countByStatus(): Promise<Readonly<Record<ExecutionStatus, number>>> {
    const [active, holding, unclaimed, ...indexed] = await Promise.all([
      this.redis.zcard(this.keys.key('active')),
      this.redis.scard(this.keys.key('slots:global')),
      this.redis.zcard(this.keys.key('admitted')),
      ...INDEXED_STATUSES.map((status) => this.redis.zcard(this.keys.key(`status:${status}`))),
    ]);
    const counts = Object.fromEntries(INDEXED_STATUSES.map((status, index) => [status, indexed[index] ?? 0]));
    // The four reads are not one: what moves between them must not make a count negative.
    const running = Math.max(0, holding - unclaimed);
    const queued = Math.max(0, active - (counts['PENDING'] ?? 0) - running);
    return { ...counts, QUEUED: queued, RUNNING: running, COMPLETING: 0 } as unknown as Record<
      ExecutionStatus,
      number
    >;
  }

  private async createAll(commands: readonly CreateCommand[]): Promise<readonly CreateResult[]> {
    const reply = await this.call('create-execution', commands.map(pack));
    return reply.results as readonly CreateResult[];
  }

  private indexesOf(filter: ExecutionFilter): string[] {
    const { job_id } = filter;
    if (job_id !== undefined) return [this.keys.key(`job_executions:${job_id}`)];
    // What waits PENDING is active as well, and listed once.
    const listed = statusesOf(filter).map((status) =>
      (INDEXED_STATUSES as readonly ExecutionStatus[]).includes(status) ? `status:${status}` : 'active',
    );
    const names = new Set(listed);
    if (names.has('active')) names.delete('status:PENDING');
    return [...names].map((name) => this.keys.key(name));
  }

  private async callForRecords(args: readonly Buffer[]): Promise<[ScriptReply, Iterator<Buffer>]> {
    const [head, ...records] = (await this.library.call('transition-execution', args)) as Buffer[];
    const reply = decodeReply('transition-execution', head);
    announce(reply, this.listener);
    return [reply, records.values()];
  }

  private async call(name: FunctionName, args: readonly Buffer[]): Promise<ScriptReply> {
    const reply = decodeReply(name, await this.library.call(name, args));
    announce(reply, this.listener);
    return reply;
  }
}

/** @param records - the records of the results that have one, in order */
function decodeTransition(raw: unknown, records: Iterator<Buffer>): TransitionResult {
  const result = raw as { ok: boolean; repeated?: boolean; record?: boolean };
  if (!result.ok) return raw as TransitionResult;
  const answer = { ...result, repeated: result.repeated === true };
  const next = result.record === true ? records.next() : undefined;
  return {
    ...answer,
    ...(next?.done === false ? { record: decodeRecord(next.value) } : {}),
  } as TransitionResult;
}

function statusesOf({ status = EXECUTION_STATUSES }: ExecutionFilter): readonly ExecutionStatus[] {
  return [status].flat();
}
