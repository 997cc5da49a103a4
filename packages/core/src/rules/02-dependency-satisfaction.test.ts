import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  dependencySatisfaction,
  dependencyTimeout,
  DEPENDENCY_VERDICTS,
  verdictOfProducers,
  type DependencyFacts,
  type DependencyStanding,
  type DependencyVerdict,
} from './02-dependency-satisfaction.js';

const verdict = fc.constantFrom(...DEPENDENCY_VERDICTS);
const facts: fc.Arbitrary<DependencyFacts> = fc.record({
  require_all: fc.boolean(),
  verdicts: fc.array(verdict, { maxLength: 6 }),
});

describe('dependencySatisfaction', () => {
  it.each<[DependencyVerdict[], all: DependencyStanding, any: DependencyStanding]>([
    [[], 'READY', 'READY'],
    [['met', 'met'], 'READY', 'READY'],
    [['met', 'waived'], 'READY', 'READY'],
    [['met', 'undecided'], 'WAITING', 'READY'],
    [['met', 'missing'], 'MISSING', 'READY'],
    [['unmet', 'missing'], 'BLOCKED', 'WAITING'],
    [['met', 'unmet'], 'BLOCKED', 'READY'],
    [['unmet', 'skip'], 'BLOCKED', 'BLOCKED'],
    [['unmet', 'undecided'], 'BLOCKED', 'WAITING'],
    [['missing', 'undecided'], 'MISSING', 'WAITING'],
    [['met', 'asked'], 'WAITING', 'READY'],
    [['waived', 'false'], 'BLOCKED', 'READY'],
  ])('%j: %s; any one of them: %s', (verdicts, all, any) => {
    expect(dependencySatisfaction({ require_all: true, verdicts })).toBe(all);
    expect(dependencySatisfaction({ require_all: false, verdicts })).toBe(any);
  });

  it('does not depend on the order of the dependencies', () => {
    fc.assert(
      fc.property(facts, ({ require_all, verdicts }) => {
        const turned = { require_all, verdicts: verdicts.toReversed() };
        expect(dependencySatisfaction(turned)).toBe(dependencySatisfaction({ require_all, verdicts }));
      }),
    );
  });

  it('is settled for good once it is READY or BLOCKED, whatever the undecided come to', () => {
    fc.assert(
      fc.property(facts, verdict, ({ require_all, verdicts }, later) => {
        const standing = dependencySatisfaction({ require_all, verdicts });
        fc.pre(standing === 'READY' || standing === 'BLOCKED');
        const decided = verdicts.map((one) => (one === 'undecided' || one === 'asked' ? later : one));
        expect(dependencySatisfaction({ require_all, verdicts: decided })).toBe(standing);
      }),
    );
  });
});

it.each<[DependencyVerdict[], DependencyVerdict]>([
  [['met'], 'met'],
  [['unmet', 'met', 'undecided'], 'met'],
  [['unmet', 'undecided'], 'undecided'],
  [['unmet', 'asked'], 'asked'],
  [['unmet', 'waived'], 'waived'],
  [['skip', 'unmet'], 'unmet'],
  [['skip', 'false'], 'false'],
  [['skip', 'skip'], 'skip'],
])('of several producers %j: %s', (verdicts, expected) => {
  expect(verdictOfProducers(verdicts)).toBe(expected);
});

describe('dependencyTimeout', () => {
  it.each([
    [10, 20, true, 10],
    [null, 20, true, 20],
    [undefined, 20, false, 20],
    [null, null, true, null],
    [undefined, null, false, 30],
  ])('own %s, policy %s, inside %s: %s', (dependency, policy, inside, expected) => {
    expect(dependencyTimeout({ dependency, policy, inside, outside: 30 })).toBe(expected);
  });
});
