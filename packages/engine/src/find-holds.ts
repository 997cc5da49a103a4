import {
  globalConcurrencyLimit,
  HOLD_KIND_NAMES,
  HOLD_KINDS,
  resourcePoolLimit,
  windowEntryRestriction,
  type Execution,
  type ExhaustedResource,
  type ExecutionRecord,
  type ExecutorRecord,
  type ExplainedDependency,
  type ExplainedHold,
  type HoldKind,
  type LimitStanding,
  type QueueStanding,
} from '@phi/core';

import { countInWords, listInWords } from './in-words.js';

/** What may hold an execution that has not started. */
export interface HoldFacts {
  readonly record: ExecutionRecord;
  /** Redis' time, epoch milliseconds. */
  readonly now: number;
  readonly dependencies: readonly ExplainedDependency[];
  /** What holds it before the gate. */
  readonly gate: Execution['hold'];
  /** While it is QUEUED. */
  readonly queue: QueueStanding | undefined;
  /** Those that are alive. */
  readonly executors: readonly ExecutorRecord[];
  /** For what is QUEUED: whether it requests more than its pool or any executor has. */
  readonly is_unplaceable: boolean;
  /** For what is QUEUED: the resources for which nothing is admitted. */
  readonly exhausted: readonly ExhaustedResource[];
}

type Found = Pick<ExplainedHold, 'because'> & Partial<Pick<ExplainedHold, 'until' | 'behind' | 'limit'>>;
type Finder = (facts: HoldFacts) => readonly Found[];

/** Whom of the holders of a limit an explanation names. */
const HOLDERS_SHOWN = 20;

/** Everything that keeps an execution from starting, first what it waits for; empty for what has started or ended. */
export function findHolds(facts: HoldFacts): ExplainedHold[] {
  return HOLD_KIND_NAMES.flatMap((kind) =>
    FINDERS[kind](facts).map(({ because, until = null, behind = null, limit = null }) => ({
      kind,
      rule: HOLD_KINDS[kind].rule,
      because,
      until,
      behind,
      limit,
    })),
  );
}

const FINDERS: Readonly<Record<HoldKind, Finder>> = {
  BACKOFF: findBackoff,
  DEPENDENCIES: findDependencies,
  AFTER_UPSTREAM: findAfterUpstream,
  WINDOW: (facts) => [...findHeldByWindow(facts), ...findParkedByWindow(facts)],
  TURN: (facts) => findTurn(facts, 'job:', 'another execution of the job goes first'),
  CATCHUP_TURN: (facts) => findTurn(facts, 'catchup:', 'an earlier fire time that was missed runs first'),
  UNCLAIMED: findUnclaimed,
  EXHAUSTED: findExhausted,
  UNPLACEABLE: findUnplaceable,
  POOL_PAUSED: findPaused,
  AMOUNTS: (facts) =>
    findParked(facts, 'amounts:', `what it requests of the pool ${facts.record.resource_pool} is taken`),
  ROOM: (facts) => findParked(facts, 'room:', 'no executor has room for what it requests'),
  NO_EXECUTOR: findNoExecutor,
  LIMIT: findLimits,
  GLOBAL_LIMIT: findGlobalLimit,
  PLACES: findPlaces,
  PRIORITY: findPriority,
};

function isoOf(instantMs: number): string {
  return new Date(instantMs).toISOString();
}

function isPending({ record, gate }: HoldFacts): boolean {
  return record.status === 'PENDING' && gate === null;
}

function findBackoff(facts: HoldFacts): Found[] {
  const { record, now } = facts;
  const { not_before, attempt_number } = record;
  if (!isPending(facts) || attempt_number === 1 || not_before === undefined) return [];
  const because =
    not_before > now
      ? `the delay before attempt ${String(attempt_number)} is not over`
      : 'its delay is over: a scheduler queues it next';
  return [{ because, until: isoOf(not_before) }];
}

function findDependencies(facts: HoldFacts): Found[] {
  const { record, dependencies } = facts;
  if (!isPending(facts) || record.not_before !== undefined || record.ignore_dependencies === true) return [];
  const open = dependencies.filter(({ verdict }) => OPEN.has(verdict));
  if (open.length === 0) return [];
  const until = open.flatMap((dependency) => dependency.until ?? []).sort()[0];
  const because = `it depends on ${listInWords(open.map(upstreamInWords), 5)}`;
  return [until === undefined ? { because } : { because, until }];
}

const OPEN: ReadonlySet<ExplainedDependency['verdict']> = new Set(['undecided', 'asked', 'missing']);

function upstreamInWords({ upstream_job_id, verdict, latest, inside }: ExplainedDependency): string {
  if (verdict === 'missing') return `${upstream_job_id} (not registered)`;
  if (verdict === 'asked') return `${upstream_job_id} (its condition is being evaluated)`;
  if (latest === null) return `${upstream_job_id} (not started${inside ? ' in this run' : ''})`;
  return `${upstream_job_id} (${inside ? '' : 'latest: '}${latest.status} ${latest.execution_id})`;
}

function findAfterUpstream(facts: HoldFacts): Found[] {
  const { record, now } = facts;
  const { not_before, attempt_number } = record;
  if (!isPending(facts) || attempt_number > 1 || not_before === undefined) return [];
  const because =
    not_before > now
      ? 'it runs only some time after what it depends on'
      : 'its time after what it depends on has come: a scheduler queues it next';
  return [{ because, until: isoOf(not_before) }];
}

function findHeldByWindow({ gate, now }: HoldFacts): Found[] {
  if (gate?.by !== 'WINDOW') return [];
  const { until } = gate;
  if (until === undefined) return [{ because: 'its execution windows are closed, and none will open' }];
  const because =
    Date.parse(until) > now
      ? 'its execution windows are closed'
      : 'its window is open: a scheduler lets it go next';
  return [{ because, until }];
}

/** A window that closes over what is queued. */
function findParkedByWindow(facts: HoldFacts): Found[] {
  const queue = waiting(facts);
  const is_retry = facts.record.attempt_number > 1;
  if (queue === undefined || windowEntryRestriction({ window: queue.window, is_retry }, facts.now) === 'RUN')
    return [];
  const because = 'its execution windows have closed while it was queued';
  const opens = queue.window?.opens ?? -Infinity;
  return [opens > facts.now ? { because, until: isoOf(opens) } : { because }];
}

function findTurn({ gate, record }: HoldFacts, line: string, because: string): Found[] {
  if (gate?.by !== 'TURN' || record.line?.startsWith(line) !== true) return [];
  return [gate.behind === undefined ? { because } : { because, behind: gate.behind }];
}

function findUnclaimed({ queue, executors }: HoldFacts): Found[] {
  if (queue?.delivered_ms === undefined) return [];
  const times = queue.redelivered === 0 ? '' : `, delivered again ${countInWords(queue.redelivered, 'time')}`;
  const alive = countInWords(executors.length, 'executor is', 'executors are');
  const since = `since ${isoOf(queue.delivered_ms)}${times}`;
  return [{ because: `it has its slots and waits for an executor to take it, ${since}; ${alive} alive` }];
}

/** The queue, for what is in it and has no slots yet. */
function waiting({ queue }: HoldFacts): QueueStanding | undefined {
  return queue?.delivered_ms === undefined ? queue : undefined;
}

function findExhausted(facts: HoldFacts): Found[] {
  if (waiting(facts) === undefined) return [];
  return facts.exhausted.map(({ resource_type, measurer, usage, threshold }) => {
    const share = `${String(Math.round(usage * 100))} % used, threshold ${String(Math.round(threshold * 100))} %`;
    return {
      because: `${resource_type} of ${measurer} is exhausted (${share}): nothing is admitted until it recovers`,
    };
  });
}

function findUnplaceable(facts: HoldFacts): Found[] {
  if (waiting(facts) === undefined || !facts.is_unplaceable) return [];
  return [
    {
      because: `it requests more than the pool ${facts.record.resource_pool} or any executor that serves it has (RES_006_UNPLACEABLE)`,
    },
  ];
}

function findPaused(facts: HoldFacts): Found[] {
  const { resource_pool } = facts.record;
  return findParked(facts, 'paused:', `the pool ${resource_pool} is paused`);
}

/** What its lane is parked on. */
function findParked(facts: HoldFacts, kind: string, because: string): Found[] {
  return waiting(facts)?.parked_on?.startsWith(kind) === true ? [{ because }] : [];
}

function findNoExecutor({ queue, executors }: HoldFacts): Found[] {
  return queue === undefined || executors.length > 0 ? [] : [{ because: 'no executor is alive' }];
}

function findLimits(facts: HoldFacts): Found[] {
  const full = waiting(facts)?.limits.filter((limit) => resourcePoolLimit(limit) === 'WAIT') ?? [];
  return full.map((limit) => foundLimit(limit, `the limit ${limit.name} is full`));
}

function foundLimit({ name, limit, held, holders }: LimitStanding, what: string): Found {
  const because = `${what} (${String(held)} of ${String(limit)} slots are held)`;
  return { because, limit: { name, number: limit, held, holders: holders.slice(0, HOLDERS_SHOWN) } };
}

/** Whichever is less, what the namespace may run or what its executors offer. */
function findGlobalLimit(facts: HoldFacts): Found[] {
  const queue = waiting(facts);
  if (queue === undefined || queue.global.held < queue.global.limit) return [];
  return [foundLimit(queue.global, 'global_max_concurrent is reached')];
}

function findPlaces(facts: HoldFacts): Found[] {
  const queue = waiting(facts);
  const { length } = facts.executors;
  if (
    queue === undefined ||
    queue.global.held >= queue.global.limit ||
    length === 0 ||
    !isGloballyFull(queue)
  )
    return [];
  const offered = {
    ...queue.global,
    name: 'places',
    limit: queue.places,
    held: queue.global.held - queue.apart,
  };
  return [foundLimit(offered, `every place of ${countInWords(length, 'executor')} is taken`)];
}

function isGloballyFull({ global: { limit, held }, places, apart }: QueueStanding): boolean {
  return globalConcurrencyLimit({ global_max_concurrent: limit, places, held, apart }) === 'WAIT';
}

function findPriority(facts: HoldFacts): Found[] {
  const queue = waiting(facts);
  const before = queue === undefined ? 0 : queue.before_in_lane + queue.before_in_others;
  if (queue === undefined || before === 0) return [];
  const atLeast = queue.is_exact ? '' : 'at least ';
  return [{ because: `${atLeast}${countInWords(before, 'other stands', 'others stand')} before it` }];
}
