import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { chooseCheckpoint } from './choose-checkpoint.js';
import { findDamage, sealCheckpoint, type CheckpointSlot } from './stored-checkpoint.js';

const slot = (sequence: number, state: string): CheckpointSlot => ({
  sequence,
  state,
  ...sealCheckpoint(state),
});
const readable = (): boolean => true;

describe('findDamage', () => {
  it('finds none in what is as it was saved, whatever it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (state) => {
        expect(findDamage(slot(1, state))).toBeUndefined();
      }),
    );
  });

  it.each([
    ['a state that is cut off', { ...slot(1, 'whole'), state: 'who' }, 'PARTIAL_WRITE'],
    ['no state', { ...slot(1, 'whole'), state: undefined }, 'PARTIAL_WRITE'],
    ['no checksum', { ...slot(1, 'whole'), sha256: undefined }, 'PARTIAL_WRITE'],
    ['no sequence', { ...slot(1, 'whole'), sequence: 0 }, 'PARTIAL_WRITE'],
    ['another state of the same length', { ...slot(1, 'whole'), state: 'Whole' }, 'CHECKSUM_MISMATCH'],
    ['a checksum of something else', { ...slot(1, 'whole'), sha256: 'ab' }, 'CHECKSUM_MISMATCH'],
  ] as const)('%s: %j', (_name, damaged, expected) => {
    expect(findDamage(damaged as CheckpointSlot)).toBe(expected);
  });

  it('finds every change of a single character', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), fc.string({ maxLength: 1 }), (state, at, other) => {
        const index = at % state.length;
        const changed = state.slice(0, index) + other + state.slice(index + 1);
        fc.pre(changed !== state);
        expect(findDamage({ ...slot(1, state), state: changed })).toBeDefined();
      }),
    );
  });
});

describe('chooseCheckpoint', () => {
  const older = slot(4, 'older');
  const newer = slot(5, 'newer');
  const bad = { ...newer, state: 'newes' };

  it('takes the newest, in whatever order they come', () => {
    for (const slots of [
      [older, newer],
      [newer, older],
    ])
      expect(chooseCheckpoint(slots, 5, readable)).toEqual({ checkpoint: newer, damaged: [] });
  });

  it('falls back to the one before where the newest is damaged, and says so', () => {
    expect(chooseCheckpoint([bad, older], 5, readable)).toEqual({
      checkpoint: older,
      damaged: [{ sequence: 5, corruption_type: 'CHECKSUM_MISMATCH' }],
    });
  });

  it('falls back where the newest cannot be understood', () => {
    expect(chooseCheckpoint([newer, older], 5, (state) => state !== 'newer')).toEqual({
      checkpoint: older,
      damaged: [{ sequence: 5, corruption_type: 'DESERIALIZE_FAIL' }],
    });
  });

  it('falls back where the newest is gone', () => {
    expect(chooseCheckpoint([older], 5, readable)).toEqual({
      checkpoint: older,
      damaged: [{ sequence: 5, corruption_type: 'PARTIAL_WRITE' }],
    });
  });

  it('starts from the beginning where both are damaged, or gone', () => {
    expect(chooseCheckpoint([bad, { ...older, state: 'o' }], 5, readable)).toEqual({
      checkpoint: undefined,
      damaged: [
        { sequence: 5, corruption_type: 'CHECKSUM_MISMATCH' },
        { sequence: 4, corruption_type: 'PARTIAL_WRITE' },
      ],
    });
    expect(chooseCheckpoint([], 5, readable).damaged).toHaveLength(1);
  });

  it('says nothing of an older one that is damaged, nor where nothing was saved', () => {
    expect(chooseCheckpoint([newer, { ...older, state: 'o' }], 5, readable).damaged).toEqual([]);
    expect(chooseCheckpoint([], 0, readable)).toEqual({ checkpoint: undefined, damaged: [] });
  });
});
