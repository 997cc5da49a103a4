import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  besideOpenChains,
  cascadeCancellation,
  cascadeTo,
  catchupTurn,
  dependencySatisfaction,
  globalConcurrencyLimit,
  heartbeatMonitoring,
  priorityScheduling,
  replayVerdict,
  resourcePoolLimit,
  skipIfRunning,
  windowEntryRestriction,
  type CascadeScope,
  type DependencyVerdict,
  type ExecutionRecord,
  type SkipIfRunning,
  type StoredPlanJob,
  type WindowEntry,
} from '@phi/core';
import fc from 'fast-check';

import {
  openFixture,
  planEdge,
  planJob,
  planOf,
  plantFault,
  runToEnd,
  setLimits,
  type StoreFixture,
} from './testing/store-fixture.js';

// A hundred cases, a thousand where a fault is not found.
jest.setTimeout(120_000);

const HOUR_MS = 3_600_000;
const LEASE_MS = 1_000 * HOUR_MS;

/** A rule that the scripts decide, held against what its file states: random cases, and where the two part. */
interface Agreement<Case> {
  readonly cases: fc.Arbitrary<Case>;
  /** Plays a case. @returns what TypeScript and Lua disagree on, if they do */
  readonly play: (fixture: StoreFixture, drawn: Case) => Promise<string | undefined>;
  /** Faults in the Lua that must be found: file, passage, replacement. */
  readonly faults: readonly (readonly [file: string, passage: string, replacement: string])[];
}

function agreement<Case>(of: Agreement<Case>): Agreement<unknown> {
  return of as unknown as Agreement<unknown>;
}

let created = 0;

async function create(
  fixture: StoreFixture,
  jobs: readonly StoredPlanJob[],
  job_id: string,
  more: { readonly line?: string; readonly scheduled_time?: number } = {},
): Promise<string> {
  const { executions } = fixture.stores;
  const plan_id = JSON.stringify(jobs);
  await executions.savePlan(planOf(plan_id, jobs));
  const execution_id = `rule-${String(++created)}`;
  const root = { execution_id, run_id: execution_id, plan_id, job_id };
  const how = { trigger_type: 'SCHEDULED', trigger_id: 'test', actor: 'test' } as const;
  const result = await executions.create({ ...root, ...how, ...more });
  if (!result.ok) throw new Error(`not created: ${result.refusal}`);
  return execution_id;
}

async function read(fixture: StoreFixture, id: string): Promise<ExecutionRecord> {
  const record = await fixture.stores.executions.get(id);
  if (record === undefined) throw new Error(`there is no ${id}`);
  return record;
}

const register = (fixture: StoreFixture, places: number): Promise<void> =>
  fixture.stores.leases.register({ executor_id: 'executor', lease_ms: LEASE_MS, places, information: {} });

/** Where the gate has put an execution, in the words of a verdict. */
function verdictOf({ status }: ExecutionRecord): string {
  return { PENDING: 'HOLD', CANCELLED: 'SKIP' }[status as string] ?? 'RUN';
}

/** What was kept of a verdict must lead core to the same one. */
function keptWrongly({ decided = [] }: ExecutionRecord, verdict: string): string | undefined {
  if (verdict === 'RUN') return undefined;
  const kept = decided.at(-1);
  if (kept?.verdict !== verdict) return `${verdict} is not kept: ${JSON.stringify(decided)}`;
  const replayed = replayVerdict(kept);
  return replayed === verdict ? undefined : `kept ${verdict}, computed again ${replayed}`;
}

const halfHours = fc.integer({ min: -5, max: 5 }).map((hours) => (hours + 0.5) * HOUR_MS);

const executionWindow = agreement({
  cases: fc.record({
    from: halfHours,
    opens: halfHours,
    lasts: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Infinity)),
    fits: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
    skip: fc.boolean(),
    is_retry: fc.boolean(),
  }),
  async play(fixture, { from, opens, lasts, fits, skip, is_retry }) {
    const { executions, windows } = fixture.stores;
    await register(fixture, 100);
    const jobs = [planJob('a')];
    let id = is_retry ? await create(fixture, jobs, 'a') : '';
    if (is_retry) {
      const base = { execution_id: id, nonce: id, actor: 'executor', executor_id: 'executor' };
      await executions.transition({ ...base, event: 'CLAIM' });
      const retry = { execution_id: `${id}-retry`, not_before: 1, lost_attempts: 0 };
      await executions.transition({ ...base, event: 'FAIL', retry });
      id = retry.execution_id;
    }
    const now = Date.now();
    const window: WindowEntry = {
      from: now + from,
      opens: now + opens,
      closes: now + opens + lasts * HOUR_MS,
      ...(fits === undefined ? {} : { fits: now + opens + fits * HOUR_MS }),
      skip,
    };
    await windows.set(new Map([['a', window]]), undefined);
    if (is_retry) await executions.transition({ event: 'ENQUEUE', execution_id: id, actor: 'test' });
    else id = await create(fixture, jobs, 'a');
    const record = await read(fixture, id);
    const expected = windowEntryRestriction({ window, is_retry }, now);
    if (verdictOf(record) !== expected) return `TypeScript ${expected}, Lua ${verdictOf(record)}`;
    return keptWrongly(record, expected);
  },
  faults: [
    [
      'lib/windows.lua',
      'now_ms < ends_at(window)) then return nil',
      'now_ms <= window.closes) then return nil',
    ],
    ['lib/windows.lua', 'closed.skip and not windows.is_stale(closed)', 'closed.skip'],
    ['lib/gate.lua', 'if windows.skips(x.job_id) and not is_retry then', 'if windows.skips(x.job_id) then'],
    [
      'lib/gate.lua',
      'return { rule = 17, verdict = verdict, window = windows.closed(x.job_id)',
      'return { rule = 17, verdict = verdict, window = { from = 0, opens = 0, closes = math.huge, skip = false }',
    ],
  ],
});

interface Standing {
  readonly id: string;
  state: 'waiting' | 'past' | 'over';
}

/** Creates executions of a job and ends the oldest that is past the gate, in any order, beside a model of both. */
const skipIfRunningRule = agreement({
  cases: fc.record({
    skip_if_running: fc.boolean(),
    queue_if_running: fc.boolean(),
    steps: fc.array(fc.constantFrom('create', 'end'), { minLength: 2, maxLength: 12 }),
  }),
  async play(fixture, { steps, ...settings }: SkipIfRunning & { steps: readonly string[] }) {
    await register(fixture, 100);
    const jobs = [planJob('a', [], settings)];
    const mode = skipIfRunning(settings);
    const model: Standing[] = [];
    const inState = (state: Standing['state']): Standing[] => model.filter((one) => one.state === state);
    for (const step of steps) {
      if (step === 'create') {
        const ahead = inState('waiting')[0]?.id;
        const facts = { mode, past_gate: inState('past').length, ...(ahead === undefined ? {} : { ahead }) };
        const expected = besideOpenChains(facts);
        const id = await create(fixture, jobs, 'a', { scheduled_time: created });
        const record = await read(fixture, id);
        if (verdictOf(record) !== expected) return `TypeScript ${expected}, Lua ${verdictOf(record)}`;
        const wrong = keptWrongly(record, expected);
        if (wrong !== undefined) return wrong;
        model.push({ id, state: ({ RUN: 'past', HOLD: 'waiting', SKIP: 'over' } as const)[expected] });
      } else {
        const [oldest] = inState('past');
        if (oldest === undefined) continue;
        await runToEnd(fixture, 'executor', oldest.id);
        oldest.state = 'over';
        const [head] = inState('waiting');
        if (head !== undefined && inState('past').length === 0) head.state = 'past';
        for (const one of inState('past'))
          if (verdictOf(await read(fixture, one.id)) !== 'RUN') return `${one.id} should have passed`;
      }
    }
    return undefined;
  },
  faults: [
    [
      'lib/gate.lua',
      'elseif spec.skip_if_running and count_past(x.job_id) > 0 then',
      'elseif spec.skip_if_running and count_past(x.job_id) > 1 then',
    ],
    [
      'lib/gate.lua',
      'if not is_catchup(line) then return count_past(x.job_id) > 0 end',
      'if not is_catchup(line) then return count_past(x.job_id) > 1 end',
    ],
    [
      'lib/gate.lua',
      'if spec.queue_if_running and not x.line',
      'if spec.queue_if_running and not spec.skip_if_running and not x.line',
    ],
  ],
});

const catchupRule = agreement({
  cases: fc.array(fc.constantFrom('create', 'end'), { minLength: 2, maxLength: 12 }),
  async play(fixture, steps) {
    await register(fixture, 100);
    const jobs = [planJob('a', [], { skip_if_running: true })];
    const model: Standing[] = [];
    const first = (state: Standing['state']): Standing | undefined =>
      model.find((one) => one.state === state);
    for (const step of steps) {
      const turn = first('past');
      if (step === 'create') {
        const ahead = first('waiting');
        const facts = { ...(turn && { turn: turn.id }), ...(ahead && { ahead: ahead.id }) };
        const expected = catchupTurn(facts);
        const id = await create(fixture, jobs, 'a', { line: 'catchup:s', scheduled_time: created });
        const record = await read(fixture, id);
        if (verdictOf(record) !== expected) return `TypeScript ${expected}, Lua ${verdictOf(record)}`;
        const wrong = keptWrongly(record, expected);
        if (wrong !== undefined) return wrong;
        model.push({ id, state: expected === 'RUN' ? 'past' : 'waiting' });
      } else if (turn !== undefined) {
        await runToEnd(fixture, 'executor', turn.id);
        turn.state = 'over';
        const next = first('waiting');
        if (next === undefined) continue;
        if (verdictOf(await read(fixture, next.id)) !== 'RUN') return `${next.id} should have had its turn`;
        next.state = 'past';
      }
    }
    return undefined;
  },
  faults: [
    ['lib/gate.lua', 'return turn and turn ~= x.execution_id\nend', 'return false\nend'],
    ['lib/gate.lua', "gate.wanted['line:' .. x.line] = true", ''],
  ],
});

type Ending = 'succeed' | 'fail' | 'cancel' | 'skip';

interface DrawnUpstream {
  readonly type: 'SUCCESS' | 'COMPLETION';
  readonly skip_on_upstream_skip: boolean;
  readonly ending: Ending;
  readonly missing: boolean;
}

function verdictOfUpstream({ ending, type, skip_on_upstream_skip }: DrawnUpstream): DependencyVerdict {
  if (ending === 'skip') return skip_on_upstream_skip ? 'skip' : 'waived';
  return type === 'COMPLETION' || ending === 'succeed' ? 'met' : 'unmet';
}

const NEVER_OPEN = { from: 0, closes: Infinity, skip: true };

/** A dependent of several upstreams that end one after another, in ways of their own. */
const dependencyRule = agreement({
  cases: fc.record({
    require_all: fc.boolean(),
    upstreams: fc.array(
      fc.record({
        type: fc.constantFrom('SUCCESS' as const, 'COMPLETION' as const),
        skip_on_upstream_skip: fc.boolean(),
        ending: fc.constantFrom<Ending>('succeed', 'fail', 'cancel', 'skip'),
        missing: fc.integer({ min: 0, max: 5 }).map((one) => one === 0),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  async play(fixture, { require_all, upstreams }) {
    const named = upstreams.map((upstream, at) => ({ ...upstream, job: `up${String(at)}` }));
    const there = named.filter(({ missing }) => !missing);
    const edges = named.map(({ job, type, skip_on_upstream_skip, missing }) => {
      const how = missing ? { missing, inside: false, join: 'LATEST' } : {};
      return planEdge(job, { dependency_type: type, skip_on_upstream_skip, ...how });
    });
    const jobs = [
      planJob('root'),
      ...there.map(({ job }) => planJob(job, [planEdge('root')])),
      planJob('down', edges, { require_all }),
    ];
    // Those that are skipped are skipped together, with the end of the root.
    const skipped = there.filter(({ ending }) => ending === 'skip');
    const opens = Date.now() + HOUR_MS;
    const closed = skipped.map(({ job }) => [job, { ...NEVER_OPEN, opens }] as const);
    await register(fixture, 100);
    await fixture.stores.windows.set(new Map(closed), undefined);
    await runToEnd(fixture, 'executor', await create(fixture, jobs, 'root'));

    const verdicts = new Map<string, DependencyVerdict>(
      named.map(({ job, missing }) => [job, missing ? 'missing' : 'undecided']),
    );
    let settled = 'WAITING';
    const disagreement = async (): Promise<string | undefined> => {
      const id = await latestOf(fixture, 'down');
      const got = id === '' ? 'PENDING' : (await read(fixture, id)).status;
      return got === STATUS_OF[settled] ? undefined : `${[...verdicts.values()].join()}: ${settled}, ${got}`;
    };
    const note = (upstream: (typeof named)[number]): void => {
      verdicts.set(upstream.job, verdictOfUpstream(upstream));
      // What has left PENDING stays where it is.
      if (settled === 'WAITING')
        settled = dependencySatisfaction({ require_all, verdicts: [...verdicts.values()] });
    };
    for (const upstream of skipped) note(upstream);
    for (const upstream of there.filter(({ ending }) => ending !== 'skip')) {
      const found = await disagreement();
      if (found !== undefined) return found;
      await end(fixture, await latestOf(fixture, upstream.job), upstream.ending);
      note(upstream);
    }
    return disagreement();
  },
  faults: [
    [
      'lib/standing.lua',
      "return y.edges_met == total and 'ready' or 'waiting'",
      "return y.edges_met > 0 and 'ready' or 'waiting'",
    ],
    [
      'lib/standing.lua',
      "return y.edges_unmet == total and 'blocked' or 'waiting'",
      "return y.edges_unmet > 0 and 'blocked' or 'waiting'",
    ],
    ['lib/edges.lua', "return edge.skip_on_upstream_skip and 'skip' or 'waived'", "return 'waived'"],
    ['lib/standing.lua', "if standing.describe_missing(spec) ~= '' then return 'missing' end", ''],
  ],
});

async function end(fixture: StoreFixture, execution_id: string, ending: Ending): Promise<void> {
  if (ending !== 'cancel') await runToEnd(fixture, 'executor', execution_id, ending === 'succeed');
  else
    await fixture.stores.executions.cancel([{ execution_id, actor: 'test', reason: 'CANCEL_001_REQUESTED' }]);
}

const STATUS_OF: Readonly<Record<string, string>> = {
  READY: 'QUEUED',
  BLOCKED: 'CANCELLED',
  MISSING: 'CANCELLED',
  WAITING: 'PENDING',
};

async function latestOf(fixture: StoreFixture, job_id: string): Promise<string> {
  const { items } = await fixture.stores.executions.list({ job_id, limit: 1 });
  return items[0]?.execution_id ?? '';
}

const scopes = fc.constantFrom<CascadeScope>('NONE', 'IMMEDIATE_DEPENDENTS', 'ALL_DOWNSTREAM');

/** A chain of jobs whose first is cancelled. */
const cascadeRule = agreement({
  cases: fc.record({
    asked: fc.option(scopes, { nil: undefined }),
    own: scopes,
    types: fc.array(fc.constantFrom('SUCCESS', 'COMPLETION'), { minLength: 1, maxLength: 4 }),
  }),
  async play(fixture, { asked, own, types }) {
    await register(fixture, 100);
    const ids = Array.from({ length: types.length + 1 }, (_, at) => `job${String(at)}`);
    const jobs = ids.map((job_id, at) =>
      planJob(
        job_id,
        at === 0 ? [] : [planEdge(`job${String(at - 1)}`, { dependency_type: types[at - 1] ?? '' })],
        at === 0 && own !== 'NONE' ? { cascade: own } : {},
      ),
    );
    const root = await create(fixture, jobs, 'job0');
    await fixture.stores.executions.cancel([
      {
        execution_id: root,
        actor: 'test',
        reason: 'CANCEL_001_REQUESTED',
        ...(asked === undefined ? {} : { cascade: asked }),
      },
    ]);
    const cancellation = {
      cascade_cancel: own !== 'NONE',
      cancel_scope: own === 'NONE' ? 'ALL_DOWNSTREAM' : own,
    } as const;
    let scope: CascadeScope | undefined = cascadeCancellation(cancellation, asked);
    for (const [at, type] of types.entries()) {
      scope = scope === undefined ? undefined : cascadeTo(scope, type);
      const id = await latestOf(fixture, `job${String(at + 1)}`);
      const reason = id === '' ? undefined : (await read(fixture, id)).reason;
      const reached = reason === 'CANCEL_002_CASCADED';
      if (reached !== (scope !== undefined))
        return `job${String(at + 1)}: TypeScript ${String(scope)}, Lua ${String(reason)}`;
    }
    return undefined;
  },
  faults: [
    ['lib/release.lua', "if edge.dependency_type ~= 'COMPLETION' then", 'if true then'],
    [
      'lib/release.lua',
      "outcome.cascade == 'ALL_DOWNSTREAM' and outcome.cascade or 'NONE'",
      'outcome.cascade',
    ],
    [
      'lib/cancel.lua',
      "if command.cascade then return command.cascade ~= 'NONE' and command.cascade or false end",
      '',
    ],
  ],
});

const bound = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });

/** Executions of one job, under limits of any kind. */
const limitRules = agreement({
  cases: fc.record({
    job: bound,
    pool: bound,
    type: bound,
    global: bound,
    places: fc.integer({ min: 0, max: 3 }),
  }),
  async play(fixture, { job, pool, type, global, places }) {
    await register(fixture, places);
    const own = new Map([
      ['job:a', job],
      ['pool:default', pool],
      ['type:INGESTION', type],
      ['global', global],
    ]);
    await setLimits(fixture, new Map([...own].filter(([, limit]) => limit !== undefined)));
    const jobs = [planJob('a')];
    for (let held = 0, n = 0; n < 6; n++) {
      const id = await create(fixture, jobs, 'a');
      const verdicts = [
        ...[job, pool, type].map((limit) => resourcePoolLimit({ limit, held })),
        globalConcurrencyLimit({ global_max_concurrent: global ?? 50, places: 2 * places, held }),
      ];
      const expected = verdicts.every((verdict) => verdict === 'ADMIT');
      const admitted = fixture.admitted.includes(id);
      if (admitted !== expected)
        return `${String(held)} held: TypeScript ${verdicts.join()}, Lua ${String(admitted)}`;
      if (admitted) held += 1;
    }
    return undefined;
  },
  faults: [
    [
      'lib/limits.lua',
      'limits.held_of(counted[index].set) >= counted[index].number',
      'limits.held_of(counted[index].set) > counted[index].number',
    ],
    [
      'lib/limits.lua',
      'limits.global_room() > 0 and (is_dedicated',
      'limits.global_room() > 0 or (is_dedicated',
    ],
  ],
});

/** What waits for one slot, queued at times of its own: the order in which it is admitted. */
const priorityRule = agreement({
  cases: fc.array(
    fc.record({
      priority: fc.integer({ min: -3, max: 3 }),
      later_s: fc.integer({ min: 0, max: 5 }).map((n) => 7 * n),
    }),
    { minLength: 2, maxLength: 6 },
  ),
  async play(fixture, drawn) {
    await register(fixture, 100);
    await setLimits(fixture, new Map([['global', 1]]));
    const jobs = [
      planJob('first'),
      ...drawn.map(({ priority }, at) => planJob(`job${String(at)}`, [], { priority })),
    ];
    const first = await create(fixture, jobs, 'first');
    const ids: string[] = [];
    let offset = 0;
    for (const [at, { later_s }] of drawn.entries()) {
      offset += later_s * 1000;
      await fixture.setClockOffset(offset);
      ids.push(await create(fixture, jobs, `job${String(at)}`));
    }
    const records = await fixture.stores.executions.getMany(ids);
    const now = Date.now() + offset;
    const rank = ({ priority, queued_time = 0 }: ExecutionRecord): number =>
      priorityScheduling({ priority, queued_ms: queued_time }, now);
    const expected = records.toSorted((a, b) => rank(b) - rank(a)).map(({ execution_id }) => execution_id);
    const order: string[] = [];
    for (let running = first; order.length < ids.length; running = order.at(-1) ?? '') {
      await runToEnd(fixture, 'executor', running);
      order.push(fixture.admitted.at(-1) ?? '');
    }
    return order.join() === expected.join()
      ? undefined
      : `TypeScript ${expected.join()}, Lua ${order.join()}`;
  },
  faults: [['lib/lanes.lua', 'local POINT_US = 60000000', 'local POINT_US = 50000000']],
});

const heartbeatRule = agreement({
  cases: fc.integer({ min: -5, max: 5 }).map((minutes) => (minutes + 0.5) * 60_000),
  async play(fixture, afterLease) {
    const jobs = [planJob('a')];
    await register(fixture, 100);
    const id = await create(fixture, jobs, 'a');
    await fixture.setClockOffset(LEASE_MS + afterLease);
    const [executor] = await fixture.stores.leases.list();
    const expected = heartbeatMonitoring(executor?.lease_expires, Date.now() + LEASE_MS + afterLease);
    const claim = {
      event: 'CLAIM',
      execution_id: id,
      actor: 'executor',
      executor_id: 'executor',
      nonce: 'n',
    } as const;
    const result = await fixture.stores.executions.transition(claim);
    const got = result.ok ? 'ALIVE' : { NO_LEASE: 'MISSED' }[result.refusal as string];
    return got === expected ? undefined : `TypeScript ${expected}, Lua ${String(got)}`;
  },
  faults: [['lib/lease.lua', 'tonumber(expires) > now_ms', 'tonumber(expires) > 0']],
});

const RULES: readonly (readonly [name: string, of: Agreement<unknown>])[] = [
  ['Rule 2, Dependency Satisfaction', dependencyRule],
  ['Rule 3, Skip If Running', skipIfRunningRule],
  ['Rule 4, Catchup Execution', catchupRule],
  ['Rule 5, Priority Scheduling', priorityRule],
  ['Rules 6 and 7, limits', limitRules],
  ['Rule 13, Heartbeat Monitoring', heartbeatRule],
  ['Rule 16, Cascade Cancellation', cascadeRule],
  ['Rule 17, Execution Window Restriction', executionWindow],
];

/** Every case begins with nothing but the plans. */
async function clear(fixture: StoreFixture): Promise<void> {
  const keys = await fixture.redis.keys(`${fixture.keys.prefix}*`);
  const others = keys.filter((key) => !key.includes(':plan:'));
  if (others.length > 0) await fixture.redis.unlink(...others);
  fixture.admitted.length = 0;
}

const played = (
  fixture: StoreFixture,
  { cases, play }: Agreement<unknown>,
  found: (said: string | undefined) => unknown,
) =>
  fc.asyncProperty(cases, async (drawn) => {
    await clear(fixture);
    return found(await play(fixture, drawn)) as boolean | void;
  });

describe('what TypeScript states and Lua decides', () => {
  let fixture: StoreFixture;

  beforeEach(() => {
    fixture = openFixture('rules');
  });
  afterEach(() => fixture.close());

  it.each(RULES)('is the same for %s', async (_name, rule) => {
    await fc.assert(
      played(fixture, rule, (said) => expect(said).toBeUndefined()),
      { numRuns: 100 },
    );
  });
});

/** The same cases each time: of others, the rarest fault would show in none once in a while. */
const SEED = 4;

describe('a planted fault in the Lua is caught', () => {
  const faults = RULES.flatMap(([name, rule]) =>
    rule.faults.map(([file, passage, replacement]) => ({ name, rule, file, passage, replacement })),
  );

  it.each(faults)('$name: $replacement', async ({ rule, file, passage, replacement }) => {
    const fault = plantFault(file, passage, replacement);
    const fixture = openFixture('fault', fault.directory);
    try {
      const found = await fc.check(
        played(fixture, rule, (said) => said === undefined),
        { numRuns: 1000, endOnFailure: true, seed: SEED },
      );
      expect(found.failed).toBe(true);
    } finally {
      await fixture.close();
      fault.remove();
    }
  });
});
