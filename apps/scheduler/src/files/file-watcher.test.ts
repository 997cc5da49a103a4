import { appendFile, mkdir, mkdtemp, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { acceptEvent } from '@phi/engine';
import { FakeClock } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openSchedulerFixture, type Logged, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { FileWatcher } from './file-watcher.js';

const SETTLE_MS = 5000;
const SOURCE = 'file:in/*.csv';

interface Watching {
  readonly watcher: FileWatcher;
  readonly logged: readonly Logged[];
}

describe('FileWatcher', () => {
  let fixture: SchedulerFixture;
  let clock: FakeClock;
  let root: string;

  beforeEach(async () => {
    fixture = openSchedulerFixture('files');
    clock = new FakeClock('2026-06-01T12:00:00Z');
    root = await mkdtemp(path.join(tmpdir(), 'phi-watch-'));
    await mkdir(path.join(root, 'in'));
    await fixture.apply('load', [{ trigger_type: 'DATA_ARRIVAL', source: SOURCE }]);
  });
  afterEach(async () => {
    await fixture.close();
    await rm(root, { recursive: true, force: true });
  });

  /** A scheduler that has just started. */
  function watch(): Watching {
    const { services, log, logged } = fixture.another();
    const watcher = new FileWatcher(services.catalog, {
      sourceDir: root,
      settleMs: SETTLE_MS,
      arrivals: services.arrivals,
      clock,
      accept: (request) => acceptEvent(services, request),
      log,
    });
    return { watcher, logged };
  }
  /** Writes a file as of so long ago, in milliseconds. */
  async function put(name: string, text: string, ageMs = 2 * SETTLE_MS): Promise<void> {
    await writeFile(path.join(root, name), text);
    await touch(name, ageMs);
  }
  async function touch(name: string, ageMs: number): Promise<void> {
    const at = new Date(clock.now() - ageMs);
    await utimes(path.join(root, name), at, at);
  }
  const arrived = async (job = 'load'): Promise<string[]> =>
    (await fixture.eventsOf(job)).map(({ data }) => String(data['path'])).sort();

  it('makes an event of each file that is there, and of no file twice', async () => {
    await put('in/a.csv', 'a,b\n', 60_000);
    await put('in/b.csv', '');
    await put('in/c.txt', 'x');
    const { watcher, logged } = watch();
    expect(await watcher.round()).toBeUndefined();
    expect(await fixture.eventsOf('load')).toContainEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      source: SOURCE,
      type: 'phi.file.arrived',
      subject: 'in/a.csv',
      data: { path: 'in/a.csv', size: 4, modified_time: '2026-06-01T11:59:00.000Z' },
    });
    expect(await arrived()).toEqual(['in/a.csv', 'in/b.csv']);
    for (let n = 0; n < 3; n++) await watcher.round();
    expect(await arrived()).toHaveLength(2);
    expect(logged.map(({ msg, files }) => [msg, files])).toEqual([['files have arrived', 2]]);
  });

  it('takes files of any name', async () => {
    const names = ['in/a b.csv', 'in/ä.csv', 'in/-rf.csv', 'in/x\ny.csv', 'in/$(x).csv'];
    for (const name of names) await put(name, 'x');
    await watch().watcher.round();
    expect(await arrived()).toEqual(names.sort());
    const subjects = (await fixture.eventsOf('load')).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject === undefined)).toHaveLength(1);
  });

  it('leaves a file alone that is still being written', async () => {
    const { watcher } = watch();
    await put('in/a.csv', '1\n', 0);
    expect(await watcher.round()).toBe(SETTLE_MS);
    for (let n = 0; n < 5; n++) {
      // Whole seconds: other times do not survive being set on a file.
      clock.advance(SETTLE_MS - 1000);
      expect(await watcher.round()).toBe(1000);
      expect(await arrived()).toEqual([]);
      await appendFile(path.join(root, 'in/a.csv'), '2\n');
      await touch('in/a.csv', 0);
      expect(await watcher.round()).toBe(SETTLE_MS);
    }
    clock.advance(SETTLE_MS);
    await watcher.round();
    const events = await fixture.eventsOf('load');
    expect(events.map(({ data }) => data['size'])).toEqual([12]);
  });

  it('leaves a file alone that grows without a change of its time', async () => {
    const { watcher } = watch();
    await put('in/a.csv', '1', -60_000);
    await watcher.round();
    clock.advance(SETTLE_MS - 1);
    await put('in/a.csv', '12', -60_000 + SETTLE_MS - 1);
    await watcher.round();
    clock.advance(1);
    await watcher.round();
    expect(await arrived()).toEqual([]);
    clock.advance(SETTLE_MS);
    await watcher.round();
    expect(await arrived()).toEqual(['in/a.csv']);
  });

  it('takes a file whose time is in the future once it has not changed', async () => {
    const { watcher } = watch();
    await put('in/a.csv', '1', -3_600_000);
    expect(await watcher.round()).toBe(SETTLE_MS);
    clock.advance(SETTLE_MS);
    await watcher.round();
    expect(await arrived()).toEqual(['in/a.csv']);
  });

  it('makes another event of a file that was written anew, replaced, or removed and brought again', async () => {
    const { watcher } = watch();
    const round = async (): Promise<void> => {
      clock.advance(3 * SETTLE_MS);
      await watcher.round();
    };
    await put('in/a.csv', 'one');
    await round();
    await put('in/a.csv', 'three');
    await round();
    await put('in/new', 'seven');
    await rename(path.join(root, 'in/new'), path.join(root, 'in/a.csv'));
    await round();
    await rm(path.join(root, 'in/a.csv'));
    await round();
    await put('in/a.csv', 'seven');
    await round();
    expect(await arrived()).toEqual(Array.from({ length: 4 }, () => 'in/a.csv'));
    await round();
    expect(await arrived()).toHaveLength(4);
  });

  it('takes a replaced file of the same size and time for another one', async () => {
    const { watcher } = watch();
    await put('in/a.csv', 'one');
    await watcher.round();
    const { mtime } = await stat(path.join(root, 'in/a.csv'));
    await writeFile(path.join(root, 'in/new'), 'two');
    await utimes(path.join(root, 'in/new'), mtime, mtime);
    await rename(path.join(root, 'in/new'), path.join(root, 'in/a.csv'));
    await watcher.round();
    expect(await arrived()).toHaveLength(2);
  });

  it('makes no event twice after a restart, and forgets what has vanished meanwhile', async () => {
    await put('in/a.csv', 'a');
    await put('in/b.csv', 'b');
    await watch().watcher.round();
    await rm(path.join(root, 'in/b.csv'));
    const { arrivals } = fixture.services;
    expect([...(await arrivals.all(SOURCE)).keys()].sort()).toEqual(['in/a.csv', 'in/b.csv']);
    // Not even what remembers accepted events may be needed: it does not last as long as a file does.
    const redis = fixture.corner.connect();
    const seen = (await fixture.corner.keys()).filter((key) => key.includes(':seen:'));
    expect(seen).toHaveLength(2);
    await redis.unlink(...seen);
    const { watcher } = watch();
    await watcher.round();
    expect(await arrived()).toEqual(['in/a.csv', 'in/b.csv']);
    expect([...(await arrivals.all(SOURCE)).keys()]).toEqual(['in/a.csv']);
  });

  it('makes each event once, however many schedulers watch', async () => {
    const schedulers = Array.from({ length: 4 }, () => watch().watcher);
    for (let n = 0; n < 30; n++) await put(`in/${String(n)}.csv`, String(n));
    await Promise.all(schedulers.map((watcher) => watcher.round()));
    await Promise.all(schedulers.map((watcher) => watcher.round()));
    const paths = await arrived();
    expect([paths.length, new Set(paths).size]).toEqual([30, 30]);
  });

  it('does not ask about a file that another scheduler has seen to', async () => {
    const [one, two] = [watch(), watch()];
    await two.watcher.round();
    await put('in/a.csv', 'a');
    await one.watcher.round();
    await two.watcher.round();
    expect(two.logged).toEqual([]);
    expect(await arrived()).toEqual(['in/a.csv']);
  });

  it('takes hundreds of files in more than one round', async () => {
    for (let n = 0; n < 250; n++) await put(`in/${String(n)}.csv`, String(n));
    const { watcher } = watch();
    expect(await watcher.round()).toBe(0);
    expect(await watcher.round()).toBeUndefined();
    expect(new Set(await arrived()).size).toBe(250);
  });

  it('says once that a directory is not there, and works when it appears', async () => {
    await fixture.apply('load', [{ trigger_type: 'DATA_ARRIVAL', source: 'file:late/*.csv' }]);
    const { watcher, logged } = watch();
    for (let n = 0; n < 3; n++) await watcher.round();
    expect(logged.map(({ msg, path: where }) => [msg, where])).toEqual([
      ['a watched directory is not there', 'late'],
    ]);
    await mkdir(path.join(root, 'late'));
    await put('late/a.csv', 'a');
    await watcher.round();
    expect(await arrived()).toEqual(['late/a.csv']);
    expect(logged.map(({ msg }) => msg)).toContain('the watched directories can be read again');
  });

  it('forgets nothing while a directory is away', async () => {
    await put('in/a.csv', 'a');
    const { watcher } = watch();
    await watcher.round();
    await rename(path.join(root, 'in'), path.join(root, 'away'));
    await watcher.round();
    expect((await fixture.services.arrivals.all(SOURCE)).size).toBe(1);
    await rename(path.join(root, 'away'), path.join(root, 'in'));
    await watcher.round();
    expect(await arrived()).toHaveLength(1);
  });

  it('begins to watch with the trigger, pauses with it, and ends with it', async () => {
    const { watcher } = watch();
    await mkdir(path.join(root, 'out'));
    await put('out/a.csv', 'a');
    await watcher.round();
    const trigger = { trigger_type: 'DATA_ARRIVAL', source: 'file:out/' } as const;
    await fixture.apply('other', [trigger]);
    await watcher.round();
    expect(await arrived('other')).toEqual(['out/a.csv']);

    await fixture.apply('other', [{ ...trigger, enabled: false }]);
    await put('out/b.csv', 'b');
    await watcher.round();
    expect(await arrived('other')).toEqual(['out/a.csv']);
    await fixture.apply('other', [trigger]);
    await watcher.round();
    expect(await arrived('other')).toEqual(['out/a.csv', 'out/b.csv']);

    await fixture.remove('other');
    await watcher.round();
    expect(await fixture.services.arrivals.sources()).toEqual([]);
  });

  it('starts every job that waits for the same files', async () => {
    await fixture.apply('too', [{ trigger_type: 'DATA_ARRIVAL', source: SOURCE }]);
    await put('in/a.csv', 'a');
    await watch().watcher.round();
    expect([await arrived(), await arrived('too')]).toEqual([['in/a.csv'], ['in/a.csv']]);
  });

  it('goes on with the other sources when the events of one are refused', async () => {
    await fixture.apply('other', [{ trigger_type: 'DATA_ARRIVAL', source: 'file:out/' }]);
    await mkdir(path.join(root, 'out'));
    await put('in/a.csv', 'a');
    await put('out/a.csv', 'a');
    const { services, log } = fixture.another();
    const watcher = new FileWatcher(services.catalog, {
      sourceDir: root,
      settleMs: SETTLE_MS,
      arrivals: services.arrivals,
      clock,
      accept: async (request) =>
        request.event.source === SOURCE
          ? { ok: false, refusal: 'GRAPH_UNSETTLED' }
          : acceptEvent(services, request),
      log,
    });
    await expect(watcher.round()).rejects.toThrow('events of files were refused: in/a.csv (GRAPH_UNSETTLED)');
    expect([await arrived(), await arrived('other')]).toEqual([[], ['out/a.csv']]);
    await watch().watcher.round();
    expect(await arrived()).toEqual(['in/a.csv']);
  });
});
