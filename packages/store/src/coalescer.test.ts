import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Coalescer } from './coalescer.js';

/** A call that waits for the test to answer it. */
interface Call {
  readonly commands: readonly number[];
  readonly answer: (results: readonly string[]) => void;
  readonly fail: (error: Error) => void;
}

function openCoalescer(atMost: number): { coalescer: Coalescer<number, string>; calls: Call[] } {
  const calls: Call[] = [];
  const send = (commands: readonly number[]): Promise<readonly string[]> =>
    new Promise((answer, fail) => calls.push({ commands, answer, fail }));
  return { coalescer: new Coalescer(send, atMost), calls };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const answerOf = (command: number): string => `answer ${String(command)}`;

describe('Coalescer', () => {
  it('sends what comes in one turn in one call, in order, and gives each its own result', async () => {
    const { coalescer, calls } = openCoalescer(10);
    const results = Promise.all([3, 1, 2].map((command) => coalescer.submit(command)));
    expect(calls).toEqual([]);
    await nextTurn();
    expect(calls.map(({ commands }) => commands)).toEqual([[3, 1, 2]]);
    calls[0]?.answer(['c', 'a', 'b']);
    expect(await results).toEqual(['c', 'a', 'b']);
  });

  it('keeps the order over any sizes and turns, with no call longer than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 }),
        async (atMost, turns) => {
          const { coalescer, calls } = openCoalescer(atMost);
          const submitted: Promise<string>[] = [];
          for (const count of turns) {
            for (let n = 0; n < count; n++) submitted.push(coalescer.submit(submitted.length));
            await nextTurn();
          }
          expect(calls.flatMap(({ commands }) => commands)).toEqual(submitted.map((_, n) => n));
          for (const { commands } of calls) expect(commands.length).toBeLessThanOrEqual(atMost);
          expect(calls).toHaveLength(turns.reduce((sum, count) => sum + Math.ceil(count / atMost), 0));
          for (const { commands, answer } of [...calls].reverse()) answer(commands.map(answerOf));
          expect(await Promise.all(submitted)).toEqual(submitted.map((_, n) => answerOf(n)));
        },
      ),
    );
  });

  it('fails every command of a call that fails, and none of another', async () => {
    const { coalescer, calls } = openCoalescer(2);
    const settled = Promise.allSettled([0, 1, 2, 3, 4].map((command) => coalescer.submit(command)));
    await nextTurn();
    calls[2]?.answer(['4']);
    calls[1]?.fail(new Error('Connection is closed.'));
    calls[0]?.answer(['0', '1']);
    expect((await settled).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
  });

  it('lets a command that failed be sent again, alone', async () => {
    const { coalescer, calls } = openCoalescer(10);
    const first = Promise.allSettled([coalescer.submit(1), coalescer.submit(2)]);
    await nextTurn();
    calls[0]?.fail(new Error('Connection is closed.'));
    await first;
    const again = coalescer.submit(2);
    await nextTurn();
    expect(calls[1]?.commands).toEqual([2]);
    calls[1]?.answer(['done']);
    expect(await again).toBe('done');
  });

  it('fails the commands that a call has no answer for, rather than leave them waiting', async () => {
    const { coalescer, calls } = openCoalescer(10);
    const settled = Promise.allSettled([coalescer.submit(1), coalescer.submit(2)]);
    await nextTurn();
    calls[0]?.answer(['one']);
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('takes what is submitted while a call is under way into the next one', async () => {
    const { coalescer, calls } = openCoalescer(10);
    const first = coalescer.submit(1);
    await nextTurn();
    const second = coalescer.submit(2);
    await nextTurn();
    expect(calls.map(({ commands }) => commands)).toEqual([[1], [2]]);
    calls[1]?.answer(['2']);
    expect(await second).toBe('2');
    calls[0]?.answer(['1']);
    expect(await first).toBe('1');
  });
});
