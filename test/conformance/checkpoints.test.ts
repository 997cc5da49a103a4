import { chooseCheckpoint, type AttemptCheckpoint, type JobDefinition, type SaveCheckpoint } from '@phi/core';
import {
  promoteRetries,
  rerunRun,
  viewCheckpoint,
  viewCheckpoints,
  viewExecution,
  viewHistory,
  type Services,
} from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  failWith,
  openEngine,
  recordOf,
  run,
  succeedWith,
  trigger,
  UNREADABLE,
  type Body,
  type EngineFixture,
} from './testing/engine-fixture.js';

const TRANSIENT = 'EXEC_006_MODULE_FAILED';
const DELAY_MS = 10_000;
const RETRIED: Parameters<typeof define>[1] = {
  retry_policy: {
    max_attempts: 5,
    initial_delay_seconds: DELAY_MS / 1000,
    backoff_multiplier: 1,
    jitter_factor: 0,
    retryable_errors: [TRANSIENT],
  },
};
const at = (state: string): AttemptCheckpoint => ({ stage: 'ALPHA', state });

describe('checkpoints', () => {
  let fixture: EngineFixture;
  let services: Services;
  let offsetMs: number;

  beforeEach(async () => {
    fixture = openEngine('checkpoints');
    services = fixture.services;
    offsetMs = 0;
    await fixture.registerExecutor('executor');
  });
  afterEach(() => fixture.close());

  async function start(definition: JobDefinition = define('a', RETRIED)): Promise<string> {
    await apply(services, [definition]);
    return trigger(services, definition.job_id);
  }

  /** Runs the attempt that was admitted last. */
  const runNext = (body: Body) => run(services, fixture.admitted.at(-1) ?? '', body);

  async function waitOutBackoff(): Promise<void> {
    offsetMs += DELAY_MS + 1000;
    await fixture.setClockOffset(offsetMs);
    expect(await promoteRetries(services)).toBe(1);
  }

  const saving =
    (...states: readonly string[]): Body =>
    async (_attempt, { onCheckpoint }) => {
      for (const state of states) await onCheckpoint(at(state));
      return failWith(TRANSIENT);
    };

  /** Runs the next attempt. @returns what it goes on from */
  async function resumed(...states: readonly string[]): Promise<string | undefined> {
    await waitOutBackoff();
    let checkpoint: string | undefined;
    await runNext((attempt, hooks) => {
      ({ checkpoint } = attempt);
      return saving(...states)(attempt, hooks);
    });
    return checkpoint;
  }

  const slots = (chain: string) => services.checkpoints.read(chain);
  const key = (chain: string) => fixture.key(`checkpoints:${chain}`);
  const stateOf = async (chain: string): Promise<string | undefined> => {
    const [{ checkpoint = 0 } = { checkpoint: 0 }] = await executionsOf(services, 'a');
    return chooseCheckpoint(await slots(chain), checkpoint, () => true).checkpoint?.state;
  };

  /** Damages the slot that holds a sequence number. */
  async function damage(chain: string, sequence: number, field: string, value: string | undefined) {
    const fields = await fixture.redis.hgetall(key(chain));
    const slot = ['0', '1'].find((name) => fields[`${name}.sequence`] === String(sequence));
    if (slot === undefined) throw new Error(`there is no checkpoint ${String(sequence)}`);
    if (value === undefined) await fixture.redis.hdel(key(chain), `${slot}.${field}`);
    else await fixture.redis.hset(key(chain), `${slot}.${field}`, value);
  }

  it('reach the next attempt, the latest of them, and all attempts after it', async () => {
    await start();
    await runNext(saving('one', 'two', 'three'));
    expect(await resumed()).toBe('three');
    expect(await resumed('four')).toBe('three');
    expect(await resumed()).toBe('four');
  });

  it('are saved by the time that the body is told so', async () => {
    const id = await start();
    await runNext(async (_attempt, { onCheckpoint }) => {
      await onCheckpoint(at('one'));
      expect(await stateOf(id)).toBe('one');
      // Of those that wait only the latest is saved.
      const saved = [onCheckpoint(at('two')), onCheckpoint(at('three'))];
      await saved[0];
      expect(await stateOf(id)).toBe('three');
      return succeedWith();
    });
  });

  it('are saved before the attempt ends, whether or not the body waits for them', async () => {
    const id = await start();
    await runNext((_attempt, { onCheckpoint }) => {
      void onCheckpoint(at('one'));
      void onCheckpoint(at('two'));
      return failWith(TRANSIENT);
    });
    expect(await stateOf(id)).toBe('two');
  });

  it('number upwards over all attempts of a chain, with who saved them under which fence', async () => {
    const id = await start();
    await runNext(saving('one', 'two'));
    await resumed('three');
    const { fence, execution_id } = await recordOf(services, (await recordOf(services, id)).retried_by ?? '');
    const [older, newer] = [...(await slots(id))].sort((one, other) => one.sequence - other.sequence);
    expect(older).toMatchObject({ sequence: 2, state: 'two', execution_id: id, attempt_number: 1 });
    expect(newer).toMatchObject({ sequence: 3, state: 'three', execution_id, attempt_number: 2, fence });
  });

  it('are refused from whoever does not hold the lease, and from an attempt that has ended', async () => {
    const id = await start();
    const save = (nonce: string, state: string) =>
      services.checkpoints.save({ execution_id: id, nonce, good: 0, stage: 'ALPHA', state });
    await runNext(async (_attempt, { onCheckpoint }) => {
      const { nonce = '' } = await recordOf(services, id);
      expect(await save('another', 'stolen')).toEqual({ saved: false });
      expect(await save(nonce, 'mine')).toEqual({ saved: true, sequence: 1 });
      await onCheckpoint(at('latest'));
      return failWith(TRANSIENT);
    });
    const { nonce = '' } = await recordOf(services, id);
    expect(await save(nonce, 'too late')).toEqual({ saved: false });
    expect(await stateOf(id)).toBe('latest');
  });

  it('of the attempt before cannot take the place of those of the one that runs now', async () => {
    const id = await start();
    await runNext(saving('first'));
    const { nonce = '' } = await recordOf(services, id);
    await waitOutBackoff();
    await runNext(async (attempt, { onCheckpoint }) => {
      await onCheckpoint(at('second'));
      const stale = { nonce, good: 0, stage: 'ALPHA', state: 'first' };
      for (const execution_id of [id, attempt.execution_id])
        expect(await services.checkpoints.save({ ...stale, execution_id })).toEqual({ saved: false });
      return failWith(TRANSIENT);
    });
    expect(await stateOf(id)).toBe('second');
  });

  it('that cannot be saved are told of, to the body and in the log, and are given up when it has ended', async () => {
    const id = await start();
    const away = { ...services.checkpoints, save: () => Promise.reject(new Error('Connection is closed.')) };
    const checkpoints = Object.assign(
      Object.create(services.checkpoints) as typeof services.checkpoints,
      away,
    );
    let saved: Promise<void> | undefined;
    const outcome = await run({ ...services, checkpoints }, id, (_attempt, { onCheckpoint }) => {
      saved = onCheckpoint(at('lost'));
      return succeedWith();
    });
    expect(outcome).toMatchObject({ kind: 'recorded', status: 'COMPLETED' });
    await expect(saved).rejects.toMatchObject({ code: 'STATE_006_CHECKPOINT_NOT_SAVED' });
    const lines = await services.logs.read(id, undefined, 10);
    expect(lines.map(({ text }) => text)).toEqual([
      'WARN the checkpoint of ALPHA is not saved: Connection is closed.',
    ]);
  });

  it('are removed when the chain has ended well, and kept while it has not', async () => {
    const id = await start();
    await runNext(saving('one'));
    await waitOutBackoff();
    expect(await fixture.redis.exists(key(id))).toBe(1);
    await runNext(() => succeedWith());
    expect(await fixture.redis.exists(key(id))).toBe(0);
  });

  it('of a chain that has failed for good are kept, for a time', async () => {
    const id = await start(define('a', { retry_policy: { max_attempts: 1 } }));
    await runNext(saving('one'));
    expect(await recordOf(services, id)).toMatchObject({ status: 'FAILED' });
    expect(await stateOf(id)).toBe('one');
    expect(await fixture.redis.ttl(key(id))).toBeGreaterThan(6 * 24 * 3600);
  });

  it('are not handed on where a run is run again: a new pass starts from the beginning', async () => {
    const id = await start(define('a', { retry_policy: { max_attempts: 1 } }));
    await runNext(saving('one'));
    await rerunRun(services, { run_id: id, actor: 'tester' });
    let checkpoint: string | undefined = 'none';
    await runNext((attempt) => {
      ({ checkpoint } = attempt);
      return succeedWith();
    });
    expect(checkpoint).toBeUndefined();
  });

  describe('that are damaged', () => {
    const cases: [name: string, field: string, value: string | undefined, corruption_type: string][] = [
      ['cut off', 'state', 'newe', 'PARTIAL_WRITE'],
      ['without its checksum', 'sha256', undefined, 'PARTIAL_WRITE'],
      ['changed', 'state', 'Newer', 'CHECKSUM_MISMATCH'],
    ];
    it.each(cases)('%s: the one before is used, and it is told', async (_name, field, value, expected) => {
      const id = await start();
      await runNext(saving('oldest', 'older', 'newer'));
      await damage(id, 3, field, value);
      expect(await resumed()).toBe('older');
      await expectTold(id, expected, true, 'what was done between checkpoints 2 and 3');
    });

    it('not understood by the runner: the one before is used, and it is told', async () => {
      const id = await start();
      await runNext(saving('older', UNREADABLE));
      expect(await resumed()).toBe('older');
      await expectTold(id, 'DESERIALIZE_FAIL', true, 'what was done between checkpoints 1 and 2');
    });

    it('gone: the one before is used, and it is told', async () => {
      const id = await start();
      await runNext(saving('older', 'newer'));
      const gone = Object.keys(await fixture.redis.hgetall(key(id))).filter((name) => name.startsWith('1.'));
      await fixture.redis.hdel(key(id), ...gone);
      expect(await resumed()).toBe('older');
      await expectTold(id, 'PARTIAL_WRITE', true, 'what was done between checkpoints 1 and 2');
    });

    it('both: the attempt starts from the beginning, and both are told of', async () => {
      const id = await start();
      await runNext(saving('older', 'newer'));
      await damage(id, 1, 'state', 'Older');
      await damage(id, 2, 'state', 'Newer');
      expect(await resumed()).toBeUndefined();
      const lost = 'what the attempts before have done: this one starts from the beginning';
      await expectTold(id, 'CHECKSUM_MISMATCH', false, lost, 2);
    });

    it('are written over first: what was resumed from stays until the next is saved', async () => {
      const id = await start();
      await runNext(saving('older', 'newer'));
      await damage(id, 2, 'state', 'Newer');
      expect(await resumed('next')).toBe('older');
      const kept = (await slots(id)).map(({ sequence, state }) => [sequence, state]);
      expect(kept).toContainEqual([1, 'older']);
      expect(kept).toContainEqual([3, 'next']);
      await damage(id, 3, 'state', 'Next');
      expect(await resumed()).toBe('older');
    });

    it('fall back by one after a resumption as before it', async () => {
      const id = await start();
      await runNext(saving('one', 'two'));
      expect(await resumed('three', 'four')).toBe('two');
      await damage(id, 4, 'state', 'Four');
      expect(await resumed()).toBe('three');
    });

    it('keep no attempt from running when nobody can be told', async () => {
      const id = await start();
      await runNext(saving('older', 'newer'));
      await damage(id, 2, 'state', 'Newer');
      await waitOutBackoff();
      const away = (): Promise<never> => Promise.reject(new Error('the queue is away'));
      const errors = { report: away, withdraw: away };
      const outcome = await run({ ...services, errors }, fixture.admitted.at(-1) ?? '', () => succeedWith());
      expect(outcome).toMatchObject({ kind: 'recorded', status: 'COMPLETED' });
    });

    /** The first retry tells of it, in its history, its log and the error queue. */
    async function expectTold(
      chain: string,
      corruption_type: string,
      recovery_successful: boolean,
      data_loss_scope: string,
      times = 1,
    ): Promise<void> {
      const { retried_by = '' } = await recordOf(services, chain);
      const { history } = await recordOf(services, retried_by);
      const told = viewHistory(history).flatMap(({ event, detail }) =>
        event === 'FALL_BACK' ? [detail ?? ''] : [],
      );
      expect(told).toHaveLength(times);
      expect(told[0]).toContain('STATE_001_CHECKPOINT_CORRUPT');
      const lines = await services.logs.read(retried_by, undefined, 10);
      expect(lines.map(({ text }) => text)).toEqual(told.map((text) => `WARN ${text}`));
      const reported = fixture.reported.filter(({ queue }) => queue === 'phi_execution_errors');
      expect(reported).toHaveLength(times);
      expect(reported[0]).toMatchObject({
        error_code: 'STATE_001_CHECKPOINT_CORRUPT',
        error: {
          execution_id: retried_by,
          state_type: 'CHECKPOINT',
          corruption_type,
          recovery_attempted: true,
          recovery_successful,
          data_loss_scope,
        },
      });
    }
  });

  describe('can be looked at', () => {
    it('with their stage, size and whether they are whole, and the state that would be resumed from', async () => {
      const id = await start();
      await runNext(saving('older', 'newer'));
      await damage(id, 2, 'state', 'Newer');
      const record = await recordOf(services, id);
      expect(await viewCheckpoints(services, record)).toMatchObject([
        {
          sequence: 2,
          execution_id: id,
          attempt_number: 1,
          stage: 'ALPHA',
          bytes: 5,
          damage: 'CHECKSUM_MISMATCH',
        },
        { sequence: 1, bytes: 5, damage: null },
      ]);
      const view = await viewCheckpoint(services, record);
      expect(view?.checkpoint).toMatchObject({ sequence: 1, damage: null });
      expect(Buffer.from(view?.checkpoint_state ?? '', 'base64').toString()).toBe('older');
      expect((await viewExecution(services, record)).checkpoint_state).toBeNull();
    });

    it('and are none where nothing was saved, or the chain has completed', async () => {
      const id = await start();
      expect(await viewCheckpoints(services, await recordOf(services, id))).toEqual([]);
      await runNext(async (_attempt, { onCheckpoint }) => {
        await onCheckpoint(at('one'));
        return succeedWith();
      });
      expect(await viewCheckpoint(services, await recordOf(services, id))).toBeNull();
    });
  });

  it('never go back and are never mixed up, however saves and damage follow one another', async () => {
    const id = await start();
    let seen = 0;
    await runNext(async () => {
      const { nonce = '' } = await recordOf(services, id);
      let good = 0;
      for (let round = 1; round <= 60; round++) {
        const command: SaveCheckpoint = {
          execution_id: id,
          nonce,
          good,
          stage: 'ALPHA',
          state: `s${String(round)}`,
        };
        // Some answers are lost, and some saves are repeated.
        const answer = await services.checkpoints.save(command);
        if (!answer.saved) throw new Error('not saved');
        expect(answer.sequence).toBe(seen + 1);
        seen = answer.sequence;
        if (round % 7 === 0) await damage(id, seen, 'state', 'gone');
        else if (round % 3 !== 0) good = seen;
        const { checkpoint } = chooseCheckpoint(await slots(id), seen, () => true);
        expect(checkpoint?.sequence).toBeGreaterThanOrEqual(good);
        expect(checkpoint?.state).toBe(`s${String(checkpoint?.sequence)}`);
      }
      return succeedWith();
    });
  });
});
