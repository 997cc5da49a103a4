import { PhiError, type Redrive } from '@phi/core';
import {
  cancelRedrive,
  carryOnRedrives,
  groupDeadLetters,
  listDeadLetters,
  redriveDeadLetters,
  retryDeadLetter,
  type RedriveRequest,
  type Services,
} from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  failWith,
  openEngine,
  succeedWith,
  trigger,
  type Body,
  type EngineFixture,
} from './testing/engine-fixture.js';
import { closeSound } from './testing/expect-sound.js';
import { withMethods } from './testing/with-methods.js';

const PERMANENT = 'EXEC_005_INVALID_CONFIG';
const LETTERS = 8;

describe('a redrive of dead letters', () => {
  let fixture: EngineFixture;
  let services: Services;
  let fingerprint: string;
  let letters: readonly string[];

  beforeEach(async () => {
    fixture = openEngine('redrive');
    services = fixture.services;
    await fixture.registerExecutor('executor');
    await apply(services, [define('a'), define('b')]);
    for (const job of ['b', ...Array<string>(LETTERS).fill('a')]) {
      await trigger(services, job);
      await fixture.runNext(() => failWith(PERMANENT));
    }
    const groups = await groupDeadLetters(services);
    fingerprint = groups.find(({ count }) => count === LETTERS)?.fingerprint ?? '';
    letters = await lettersOf('a');
  });
  afterEach(() => closeSound(fixture));

  async function runAll(body: Body): Promise<number> {
    const count = fixture.admitted.length;
    for (let n = 0; n < count; n++) await fixture.runNext(body);
    return count;
  }
  const lettersOf = async (job_id: string): Promise<string[]> =>
    (await listDeadLetters(services, { job_id, limit: 100 })).items.map(({ execution_id }) => execution_id);

  async function begin(more: Partial<RedriveRequest> = {}): Promise<string> {
    const bounds = { batch_size: 3, stop_after_failures: 1, actor: 'ada' };
    const result = await redriveDeadLetters(services, { selector: { fingerprint }, ...bounds, ...more });
    if (!result.ok) throw new Error(`not begun: ${result.redrive_id} is open`);
    return result.redrive.redrive_id;
  }
  async function look(id: string): Promise<Redrive> {
    const found = await services.redrives.get(id);
    if (found === undefined) throw new Error(`there is no redrive ${id}`);
    return found;
  }

  it('runs one, and once that has completed the rest in batches', async () => {
    const id = await begin();
    expect(await look(id)).toMatchObject({ state: 'PROBING', total: LETTERS });
    for (let n = 0; n < 3; n++) await carryOnRedrives(services);
    expect([fixture.admitted.length, await look(id)]).toMatchObject([1, { state: 'PROBING' }]);
    await runAll(() => succeedWith());
    const batches: number[] = [];
    do {
      await carryOnRedrives(services);
      batches.push(await runAll(() => succeedWith()));
    } while ((await look(id)).state === 'RELEASING');
    expect(batches).toEqual([3, 3, 1, 0]);
    expect(await look(id)).toMatchObject({ state: 'DONE', completed: LETTERS, failed: 0, current: [] });
    expect(await lettersOf('a')).toEqual([]);
    expect(await lettersOf('b')).toHaveLength(1);
    expect(await carryOnRedrives(services)).toBe(0);
    expect(await services.redrives.open()).toEqual([]);
  });

  it('stops when the first fails again, tells of it, and leaves the others alone', async () => {
    const id = await begin();
    await carryOnRedrives(services);
    await runAll(() => failWith(PERMANENT));
    const another = fixture.anotherProcess();
    await Promise.all([carryOnRedrives(services), carryOnRedrives(another)]);
    await carryOnRedrives(services);
    expect(await look(id)).toMatchObject({ state: 'STOPPED', completed: 0, failed: 1 });
    expect(fixture.admitted).toEqual([]);
    expect(await lettersOf('a')).toEqual(expect.arrayContaining(letters.slice(1)));
    expect(fixture.alerts).toContainEqual(
      expect.objectContaining({ kind: 'REDRIVE_STOPPED', subject: id, severity: 'critical' }),
    );
  });

  it('stops in the middle after as many failures as it bears', async () => {
    const id = await begin({ stop_after_failures: 2 });
    await carryOnRedrives(services);
    await runAll(() => succeedWith());
    await carryOnRedrives(services);
    await fixture.runNext(() => failWith(PERMANENT));
    await carryOnRedrives(services);
    expect((await look(id)).state).toBe('RELEASING');
    await fixture.runNext(() => failWith(PERMANENT));
    await carryOnRedrives(services);
    expect(await look(id)).toMatchObject({ state: 'STOPPED', completed: 1, failed: 2 });
    expect((await look(id)).failures).toHaveLength(2);
  });

  it('is carried on by any number of processes, each letter once', async () => {
    const id = await begin({ batch_size: 5 });
    const processes = [services, fixture.anotherProcess(), fixture.anotherProcess()];
    for (let n = 0; n < 40 && (await look(id)).state !== 'DONE'; n++) {
      await Promise.all(processes.map((process) => carryOnRedrives(process)));
      await runAll(() => succeedWith());
    }
    expect(await look(id)).toMatchObject({ state: 'DONE', completed: LETTERS, skipped: 0 });
    expect(await executionsOf(services, 'a')).toHaveLength(2 * LETTERS);
  });

  it('goes on after whoever carried it on died: what was planned is started, and counted', async () => {
    const id = await begin();
    const dying: Services = {
      ...services,
      runs: withMethods(services.runs, { openPass: () => Promise.reject(new Error('died')) }),
    };
    await expect(carryOnRedrives(dying)).rejects.toThrow('died');
    expect(await look(id)).toMatchObject({ current: [{ execution_id: letters[0] }] });
    await carryOnRedrives(services);
    await runAll(() => succeedWith());
    await carryOnRedrives(services);
    expect(await look(id)).toMatchObject({ completed: 1, state: 'RELEASING' });
  });

  it('passes over what somebody else has retried meanwhile', async () => {
    const id = await begin({ batch_size: 10 });
    const [, second = ''] = letters;
    await carryOnRedrives(services);
    await retryDeadLetter(services, { execution_id: second, actor: 'grace' });
    for (let n = 0; n < 4; n++) {
      await runAll(() => succeedWith());
      await carryOnRedrives(services);
    }
    expect(await look(id)).toMatchObject({ state: 'DONE', completed: LETTERS - 1 });
  });

  it('starts nothing more of a batch once it is cancelled', async () => {
    const id = await begin();
    await carryOnRedrives(services);
    await runAll(() => succeedWith());
    const { runs } = services;
    const cancelling: Services = {
      ...services,
      runs: withMethods(runs, {
        async openPass(command) {
          const opened = await runs.openPass(command);
          await cancelRedrive(services, id);
          return opened;
        },
      }),
    };
    await carryOnRedrives(cancelling);
    expect([fixture.admitted.length, (await look(id)).state]).toEqual([1, 'CANCELLED']);
  });

  it.each(['UPGRADE_REQUIRED', 'CORRUPT_RECORD'] as const)(
    'keeps what is refused with %s for later',
    async (refusal) => {
      const id = await begin();
      const refusing: Services = {
        ...services,
        runs: withMethods(services.runs, { openPass: () => Promise.resolve({ ok: false, refusal }) }),
      };
      await carryOnRedrives(refusing);
      expect(await look(id)).toMatchObject({ skipped: 0, current: [{ execution_id: letters[0] }] });
      await carryOnRedrives(services);
      expect(fixture.admitted).toHaveLength(1);
    },
  );

  it('keeps what cannot be read for later', async () => {
    const id = await begin();
    const damaged = new PhiError('STATE_002_QUEUE_STATE_CORRUPT', 'damaged', { operation: 'test' });
    const blind: Services = {
      ...services,
      executions: withMethods(services.executions, { get: () => Promise.reject(damaged) }),
    };
    await carryOnRedrives(blind);
    await carryOnRedrives(services);
    await carryOnRedrives(blind);
    expect(await look(id)).toMatchObject({
      skipped: 0,
      state: 'PROBING',
      current: [{ execution_id: letters[0] }],
    });
    expect(fixture.admitted).toHaveLength(1);
  });

  it('releases none of a batch that waits once it has failed too often', async () => {
    const id = await begin();
    await carryOnRedrives(services);
    await runAll(() => succeedWith());
    let opened = 0;
    const { runs } = services;
    const full: Services = {
      ...services,
      runs: withMethods(runs, {
        openPass: (command) =>
          opened++ > 0 ? Promise.resolve({ ok: false, refusal: 'QUEUE_FULL' }) : runs.openPass(command),
      }),
    };
    await carryOnRedrives(full);
    expect((await look(id)).current).toHaveLength(3);
    expect(await runAll(() => failWith(PERMANENT))).toBe(1);
    await carryOnRedrives(services);
    expect([fixture.admitted, (await look(id)).state]).toEqual([[], 'STOPPED']);
  });

  it('is cancelled by hand: nothing more is released', async () => {
    const id = await begin();
    await carryOnRedrives(services);
    expect(await cancelRedrive(services, id)).toMatchObject({ state: 'CANCELLED' });
    await runAll(() => succeedWith());
    await carryOnRedrives(services);
    expect([fixture.admitted, (await look(id)).state]).toEqual([[], 'CANCELLED']);
    expect(await cancelRedrive(services, id)).toMatchObject({ state: 'CANCELLED' });
    expect(await cancelRedrive(services, 'nothing')).toBeUndefined();
  });

  it('is one for its key, and one at a time for the same dead letters', async () => {
    const keyed = { idempotency_key: 'k' };
    const [one, other] = [await begin(keyed), await begin(keyed)];
    expect(other).toBe(one);
    const bounds = { batch_size: 3, stop_after_failures: 1, actor: 'ada' };
    expect(await redriveDeadLetters(services, { selector: { fingerprint }, ...bounds })).toEqual({
      ok: false,
      refusal: 'OPEN',
      redrive_id: one,
    });
    await cancelRedrive(services, one);
    expect(await begin()).not.toBe(one);
    expect(await begin({ selector: { job_id: 'b' } })).not.toBe(one);
    const { items } = await services.redrives.list({ limit: 10 });
    expect(items.map(({ state }) => state).toSorted()).toEqual(['CANCELLED', 'PROBING', 'PROBING']);
  });
});
