import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { applyEvent, type EventAttempt, type Lifecycle } from './apply-event.js';
import { EXECUTION_STATUSES, isTerminal } from './status.js';
import { EXECUTION_EVENTS, findTransition } from './transitions.js';

const nonce = fc.constantFrom('mine', 'theirs', undefined);

const lifecycle: fc.Arbitrary<Lifecycle> = fc.record({
  status: fc.constantFrom(...EXECUTION_STATUSES),
  revision: fc.integer({ min: 1, max: 5 }),
  nonce,
});

const attempts: fc.Arbitrary<EventAttempt> = fc
  .record({
    event: fc.constantFrom(...EXECUTION_EVENTS),
    expected_revision: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    nonce,
    lease_expired: fc.boolean(),
  })
  .map(({ event, lease_expired, ...optional }) => ({
    event,
    lease_expired,
    ...(optional.expected_revision === undefined ? {} : { expected_revision: optional.expected_revision }),
    ...(optional.nonce === undefined ? {} : { nonce: optional.nonce }),
  }));

describe('applyEvent', () => {
  it('takes nothing out of a terminal state, whatever is sent', () => {
    fc.assert(
      fc.property(lifecycle, attempts, (current, attempt) => {
        fc.pre(isTerminal(current.status));
        expect(applyEvent(current, attempt).ok).toBe(false);
      }),
    );
  });

  it('goes where the table says, one revision on, or not at all', () => {
    fc.assert(
      fc.property(lifecycle, attempts, (current, attempt) => {
        const outcome = applyEvent(current, attempt);
        if (!outcome.ok) return;
        expect(outcome.next.status).toBe(findTransition(current.status, attempt.event)?.to);
        expect(outcome.next.revision).toBe(current.revision + 1);
        expect(outcome.next.nonce).toBe(attempt.event === 'CLAIM' ? attempt.nonce : current.nonce);
      }),
    );
  });

  it('takes what an executor says only with the current nonce', () => {
    fc.assert(
      fc.property(lifecycle, attempts, (current, attempt) => {
        fc.pre(findTransition(current.status, attempt.event)?.guard === 'fence');
        if (applyEvent(current, attempt).ok) expect(attempt.nonce).toBe(current.nonce ?? 'a nonce');
      }),
    );
  });

  const running: Lifecycle = { status: 'RUNNING', revision: 3, nonce: 'mine' };
  const completing: Lifecycle = { status: 'COMPLETING', revision: 4, nonce: 'mine' };

  it.each<[string, Lifecycle, EventAttempt, string]>([
    ['revision', running, { event: 'CLAIM', expected_revision: 2, lease_expired: false }, 'STALE_REVISION'],
    [
      'transition',
      running,
      { event: 'CLAIM', expected_revision: 3, lease_expired: false },
      'ILLEGAL_TRANSITION',
    ],
    ['fence', running, { event: 'FAIL', nonce: 'theirs', lease_expired: true }, 'STALE_FENCE'],
    ['fence, without one', running, { event: 'FAIL', lease_expired: true }, 'STALE_FENCE'],
    ['lease', running, { event: 'LOSE', nonce: 'mine', lease_expired: false }, 'LEASE_HELD'],
    ['lease, completing', completing, { event: 'COMPLETE', lease_expired: false }, 'LEASE_HELD'],
    [
      'stale fence, completing',
      completing,
      { event: 'COMPLETE', nonce: 'theirs', lease_expired: true },
      'STALE_FENCE',
    ],
  ])('refuses by %s', (_what, current, attempt, refusal) => {
    expect(applyEvent(current, attempt)).toEqual({ ok: false, refusal });
  });

  it('lets recovery finish what is completing once the lease has run out, and its holder until then', () => {
    expect(applyEvent(completing, { event: 'COMPLETE', lease_expired: true }).ok).toBe(true);
    expect(applyEvent(completing, { event: 'COMPLETE', nonce: 'mine', lease_expired: false }).ok).toBe(true);
  });
});
