import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { applyEvent, EXECUTION_EVENTS, type ExecutionEvent, type Lifecycle } from '@phi/core';
import fc from 'fast-check';

import {
  createRoot,
  openFixture,
  planEdge,
  planJob,
  planOf,
  plantFault,
  type StoreFixture,
} from './testing/store-fixture.js';

// Hundreds of stories, thousands where a fault is not found.
jest.setTimeout(120_000);

const LEASE_MS = 60_000;
/** Past every lease, dependency time-out and time in the queue of these tests. */
const AFTER_LEASE_MS = LEASE_MS + 10_000;

interface Step {
  readonly event: ExecutionEvent;
  readonly nonce: 'first' | 'second' | undefined;
  readonly revision: 'current' | 'stale' | undefined;
  readonly leaseExpired: boolean;
}

// ENQUEUE is sent by release, not from outside, where it is refused until the dependencies are met.
const eventFromOutside = fc.constantFrom(...EXECUTION_EVENTS.filter((event) => event !== 'ENQUEUE'));

const weighted = <Value>(
  ...choices: readonly (readonly [weight: number, value: Value])[]
): fc.Arbitrary<Value> =>
  fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));

const step: fc.Arbitrary<Step> = fc.record({
  event: fc.oneof(eventFromOutside, fc.constantFrom<ExecutionEvent>('CLAIM', 'SUCCEED', 'COMPLETE')),
  nonce: weighted<Step['nonce']>([4, 'first'], [1, 'second'], [2, undefined]),
  revision: weighted<Step['revision']>([4, undefined], [2, 'current'], [1, 'stale']),
  leaseExpired: fc.boolean(),
});

const CLAIM: Step = { event: 'CLAIM', nonce: 'first', revision: undefined, leaseExpired: false };

/** Two of three stories begin with a claim, so that most of what follows one is told as well. */
const story = fc
  .record({
    waits: fc.boolean(),
    claimed: weighted([2, true], [1, false]),
    steps: fc.array(step, { minLength: 1, maxLength: 12 }),
  })
  .map(({ waits, claimed, steps }) => ({
    waits: waits && !claimed,
    steps: claimed ? [CLAIM, ...steps] : steps,
  }));

/** Sends a random story to TypeScript and Lua and names the first step where they part. */
async function firstDisagreement(
  fixture: StoreFixture,
  { waits, steps }: { waits: boolean; steps: readonly Step[] },
): Promise<string | undefined> {
  const { executions, leases } = fixture.stores;
  await fixture.setClockOffset(0);
  await leases.register({ executor_id: 'executor', lease_ms: LEASE_MS, places: 10, information: {} });
  const id = await createRoot(fixture, 'plan', waits ? 'waits' : 'runs');
  let model: Lifecycle = { status: waits ? 'PENDING' : 'QUEUED', revision: waits ? 1 : 2, nonce: undefined };
  for (const [index, { event, nonce, revision, leaseExpired }] of steps.entries()) {
    const expired = leaseExpired && event !== 'CLAIM';
    const late = expired || event === 'ABANDON' || event === 'EXPIRE';
    await fixture.setClockOffset(late ? AFTER_LEASE_MS : 0);
    const expected =
      revision === undefined
        ? {}
        : { expected_revision: revision === 'current' ? model.revision : model.revision + 1 };
    const attempt = {
      event,
      ...expected,
      ...(event === 'CLAIM' ? { nonce: nonce ?? 'first' } : nonce === undefined ? {} : { nonce }),
    };
    const wanted = applyEvent(model, { ...attempt, lease_expired: late });
    const got = await executions.transition({
      ...attempt,
      execution_id: id,
      actor: 'test',
      ...(event === 'CLAIM' ? { executor_id: 'executor' } : {}),
    });
    const said = got.ok ? `${got.status}@${String(got.revision)}` : got.refusal;
    const modelled = wanted.ok ? `${wanted.next.status}@${String(wanted.next.revision)}` : wanted.refusal;
    if (said !== modelled) return `step ${String(index)} ${event}: TypeScript ${modelled}, Lua ${said}`;
    if (wanted.ok) model = wanted.next;
    const stored = await executions.get(id);
    if (stored?.status !== model.status || stored.revision !== model.revision)
      return `step ${String(index)}: stored ${String(stored?.status)}`;
    const slot = await fixture.redis.sismember(fixture.keys.key('slots:global'), id);
    const holds = ['QUEUED', 'RUNNING', 'COMPLETING'].includes(model.status);
    if ((slot === 1) !== holds)
      return `step ${String(index)}: ${model.status} ${slot === 1 ? 'holds' : 'lacks'} a slot`;
    if (stored.history.length !== model.revision)
      return `step ${String(index)}: ${String(stored.history.length)} history entries at revision ${String(model.revision)}`;
  }
  // The next story must not meet this one's slot or lease.
  await fixture.redis.unlink(
    ...(await fixture.redis.keys(`${fixture.keys.prefix}*`)).filter((key) => !key.includes(':plan:')),
  );
  return undefined;
}

const plan = planOf('plan', [
  planJob('runs', [], { queue_timeout_ms: 1000 }),
  planJob('waits', [planEdge('never', { inside: false, timeout_ms: 1000 })]),
]);

describe('the lifecycle in TypeScript and in Lua', () => {
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = openFixture('lifecycle');
    await fixture.stores.executions.savePlan(plan);
  });
  afterEach(() => fixture.close());

  it('agree on every random sequence of events', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        expect(await firstDisagreement(fixture, told)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});

/** The same cases each time: of others, the rarest fault would show in none once in a while. */
const SEED = 4;

describe('a planted fault in the Lua is caught', () => {
  const faults: [name: string, file: string, passage: string, replacement: string][] = [
    [
      'no fence check',
      'lib/transition.lua',
      "if not command.nonce or command.nonce ~= x.nonce then return 'STALE_FENCE' end",
      '',
    ],
    [
      'no lease check',
      'lib/transition.lua',
      "if lease.is_live(x.executor_id) then return 'LEASE_HELD' end\n  end,\n  fence_or",
      'end,\n  fence_or',
    ],
    ['no revision check', 'lib/transition.lua', 'command.expected_revision ~= x.revision', 'false'],
    ['a wrong target state', 'lib/generated.lua', "FAIL = { to = 'FAILED'", "FAIL = { to = 'CANCELLED'"],
    [
      'a slot that is not given back',
      'lib/limits.lua',
      "if not change('SREM', 'global', execution_id, -1) then",
      'if true then',
    ],
  ];

  it.each(faults)('%s', async (_name, file, passage, replacement) => {
    const fault = plantFault(file, passage, replacement);
    const fixture = openFixture('fault', fault.directory);
    try {
      await fixture.stores.executions.savePlan(plan);
      const found = await fc.check(
        fc.asyncProperty(story, async (told) => (await firstDisagreement(fixture, told)) === undefined),
        { numRuns: 2000, endOnFailure: true, seed: SEED },
      );
      expect(found.failed).toBe(true);
    } finally {
      await fixture.close();
      fault.remove();
    }
  });
});
