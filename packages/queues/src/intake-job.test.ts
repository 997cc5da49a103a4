import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { disregardOptions, messageId, pauseMs } from './intake-job.js';
import { PLAIN_PREFIX, queuePrefix } from './names.js';

const prefix = fc.constantFrom(PLAIN_PREFIX, queuePrefix('default'));
const jobId = fc.oneof(fc.nat().map(String), fc.string({ maxLength: 400, unit: 'binary' }));
const job = fc.record({ id: jobId, timestamp: fc.nat() });

describe('messageId', () => {
  it('is a valid idempotency key, whatever id the sender chose', () => {
    fc.assert(
      fc.property(prefix, job, (at, message) => {
        expect(messageId(at, message)).toMatch(/^[\x21-\x7e]{1,255}$/);
      }),
    );
  });

  it('tells messages apart by their queue, id and time', () => {
    const plain = fc.record({ id: fc.stringMatching(/^[a-z0-9-]{1,4}$/), timestamp: fc.nat(3) });
    fc.assert(
      fc.property(prefix, plain, prefix, plain, (one, message, other, another) => {
        const same = one === other && message.id === another.id && message.timestamp === another.timestamp;
        expect(messageId(one, message) === messageId(other, another)).toBe(same);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('disregardOptions', () => {
  it('leaves the sender nothing to say but that nothing is kept', () => {
    const opts = {
      attempts: 1,
      backoff: { type: 'unheard-of' },
      removeOnComplete: 100_000,
      removeOnFail: true,
    };
    disregardOptions({ opts });
    expect(opts).toEqual({
      attempts: Number.MAX_SAFE_INTEGER,
      backoff: { type: 'intake' },
      stackTraceLimit: 0,
      removeOnComplete: { count: 1000, age: 86_400 },
      removeOnFail: true,
    });
  });
});

describe('pauseMs', () => {
  it('doubles from one second to thirty', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 5000].map(pauseMs)).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ]);
  });
});
