import { describe, expect, it } from '@jest/globals';
import type { AmountsRequest } from '@phi/core';

import { ExecutorRoom } from './executor-room.js';

const AMOUNTS = { cpu_cores: 2, memory_mb: 1000, disk_mb: null, network_bandwidth_mbps: null };
const LARGE: AmountsRequest = [1500, 100, 10_000, 0];
const SMALL: AmountsRequest = [500, 100, 0, 0];

const going = (): AbortSignal => new AbortController().signal;

/** What became of promises once everything that could go on has. */
async function settled(
  promises: Readonly<Record<string, Promise<unknown>>>,
): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, promise] of Object.entries(promises))
    void promise.then((value) => (found[name] = value ?? true));
  await new Promise((resolve) => setImmediate(resolve));
  return found;
}

describe('ExecutorRoom', () => {
  it('lets what comes back go on at once where there is room', async () => {
    const room = new ExecutorRoom(2, AMOUNTS);
    room.enter(SMALL);
    expect(await room.comeBack(LARGE, going())).toBe(true);
    expect(await settled({ turn: room.turn() })).toEqual({});
  });

  it('lets it wait for amounts and for a place, first come first, and what is delivered behind it', async () => {
    const room = new ExecutorRoom(3, AMOUNTS);
    room.enter(LARGE);
    room.enter();
    const waiting = { large: room.comeBack(LARGE, going()), small: room.comeBack(SMALL, going()) };
    const turn = room.turn();
    expect(await settled({ ...waiting, turn })).toEqual({});
    room.leave(LARGE);
    expect(await settled({ ...waiting, turn })).toEqual({ large: true, small: true });
    room.leave();
    expect(await settled({ turn })).toEqual({ turn: expect.anything() });
    const third = room.comeBack(undefined, going());
    expect(await settled({ third })).toEqual({});
    room.leave(SMALL);
    expect(await settled({ third })).toEqual({ third: true });
  });

  it('takes one that is stopped out of the line, with nothing taken', async () => {
    const room = new ExecutorRoom(1, AMOUNTS);
    room.enter();
    const stop = new AbortController();
    const stopped = room.comeBack(LARGE, stop.signal);
    const next = room.comeBack(SMALL, going());
    stop.abort();
    expect(await stopped).toBe(false);
    room.leave();
    expect(await next).toBe(true);
    expect(await room.comeBack(SMALL, stop.signal)).toBe(false);
  });

  it('keeps the last place for what is delivered until it has entered, so that nothing that comes back takes it as well', async () => {
    const room = new ExecutorRoom(1, AMOUNTS);
    const reservation = await room.turn();
    const back = room.comeBack(SMALL, going());
    expect(await settled({ back })).toEqual({});
    room.enter(SMALL);
    reservation.release();
    expect(await settled({ back })).toEqual({});
    room.leave(SMALL);
    reservation.release();
    expect(await settled({ back })).toEqual({ back: true });
    const next = room.turn();
    expect(await settled({ next })).toEqual({});
    room.leave(SMALL);
    (await next).release();
    expect(await settled({ free: room.turn() })).toEqual({ free: expect.anything() });
  });

  it('lets what has become too large go on alone', async () => {
    const room = new ExecutorRoom(2, AMOUNTS);
    room.enter();
    const huge = room.comeBack([9000, 0, 0, 0], going());
    expect(await settled({ huge })).toEqual({});
    room.leave();
    expect(await settled({ huge })).toEqual({ huge: true });
  });

  it('hands over what is away when it closes, and what goes away after that', () => {
    const room = new ExecutorRoom(2, AMOUNTS);
    const handed: string[] = [];
    room.whileAway(() => handed.push('back already'))();
    room.whileAway(() => handed.push('away'));
    room.close();
    room.whileAway(() => handed.push('late'));
    expect(handed).toEqual(['away', 'late']);
  });
});
