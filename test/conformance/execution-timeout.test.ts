import type {
  AuthoredJobDefinition,
  ExecutionNote,
  ExecutionStore,
  NoteCommand,
  TimeoutError,
} from '@phi/core';
import { explainExecution, runAttempt, viewExecution, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executorContext,
  openEngine,
  recordOf,
  run,
  succeedWith,
  trigger,
  untilStopped,
  type Body,
  type EngineFixture,
} from './testing/engine-fixture.js';

const LEASE_MS = 90_000;
/** A timer of Node.js counts from the last whole millisecond. */
const TIMER_SECONDS = 0.001;
const untilItIsStopped: Body = (_attempt, { signal }) => untilStopped(signal);

describe('the execution time-out (Rule 12)', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('timeout');
    services = fixture.services;
    await fixture.registerExecutor('executor', LEASE_MS);
  });
  afterEach(() => fixture.close());

  async function start(more: Partial<Omit<AuthoredJobDefinition, 'dependencies'>>): Promise<string> {
    await apply(services, [define('a', { retry_policy: { max_attempts: 1 }, timeout_seconds: 1, ...more })]);
    return trigger(services, 'a');
  }

  /** Runs a body that is told of what is noted about it. */
  async function runNoted(id: string, body: (noted: Promise<ExecutionNote>) => ReturnType<Body>) {
    let tell = (_note: ExecutionNote): void => undefined;
    const noted = new Promise<ExecutionNote>((resolve) => (tell = resolve));
    const context = executorContext(services, 'executor', () => body(noted));
    return runAttempt({ ...context, onNote: (_record, note) => tell(note) }, id);
  }

  const historyOf = async (id: string) => (await recordOf(services, id)).history;
  const eventsOf = async (id: string) => (await historyOf(id)).map(({ event }) => event);
  const linesOf = async (id: string) =>
    (await services.logs.read(id, undefined, 100)).map(({ text }) => text);
  const timeoutErrorOf = async (id: string): Promise<TimeoutError | null> =>
    (await viewExecution(services, await recordOf(services, id))).timeout_error;

  it('TERMINATE: stops the body, and keeps a TimeoutError with everything in it', async () => {
    const id = await start({});
    await run(services, id, untilItIsStopped);
    expect(await eventsOf(id)).toEqual(['CREATE', 'ENQUEUE', 'CLAIM', 'TIME_OUT']);
    const error = await timeoutErrorOf(id);
    expect(error).toMatchObject({
      execution_id: id,
      timeout_seconds: 1,
      checkpoint_available: false,
      termination_method: 'GRACEFUL',
    });
    const { started_time = 0, completed_time = 0 } = await recordOf(services, id);
    expect(error?.elapsed_seconds).toBeGreaterThanOrEqual(1 - TIMER_SECONDS);
    expect(error?.elapsed_seconds).toBeLessThanOrEqual((completed_time - started_time) / 1000);
    const heartbeat = Date.parse(error?.last_heartbeat ?? '');
    expect(heartbeat).toBeLessThanOrEqual(started_time);
    expect(started_time - heartbeat).toBeLessThan(LEASE_MS);
  });

  it('says that a body was killed which did not stop when asked', async () => {
    const id = await start({});
    await run(services, id, async (_attempt, { signal }) => {
      await untilStopped(signal);
      return { kind: 'stopped', forced: true };
    });
    expect(await timeoutErrorOf(id)).toMatchObject({ termination_method: 'FORCED' });
  });

  it('counts a checkpoint that the body saves when it is asked to stop', async () => {
    const id = await start({});
    await run(services, id, async (_attempt, { signal, onCheckpoint }) => {
      await untilStopped(signal);
      await onCheckpoint({ stage: 'ALPHA', state: 'in time' });
      return { kind: 'stopped', forced: false };
    });
    expect(await timeoutErrorOf(id)).toMatchObject({ checkpoint_available: true });
  });

  it('keeps none where an attempt ends otherwise', async () => {
    const id = await start({ timeout_seconds: 100 });
    await run(services, id, () => succeedWith());
    expect(await timeoutErrorOf(id)).toBeNull();
  });

  it('WARN: tells it once, in the history, the log and the explanation, and lets the body go on', async () => {
    const id = await start({ timeout_action: 'WARN' });
    const outcome = await runNoted(id, async (noted) => {
      expect(await noted).toBe('WARN');
      return succeedWith();
    });
    expect(outcome).toMatchObject({ kind: 'recorded', status: 'COMPLETED' });
    expect(await eventsOf(id)).toEqual(['CREATE', 'ENQUEUE', 'CLAIM', 'WARN', 'SUCCEED', 'COMPLETE']);
    const told = 'it runs longer than timeout_seconds (1) and goes on: timeout_action is WARN';
    expect((await historyOf(id))[3]).toMatchObject({ actor: 'executor', detail: told });
    expect(await linesOf(id)).toEqual([`WARN ${told}`]);
    const { trace } = await explainExecution(services, await recordOf(services, id), { replay: false });
    expect(trace.filter(({ rule }) => rule === 12)).toMatchObject([{ verdict: 'PASS', because: told }]);
    expect(await timeoutErrorOf(id)).toBeNull();
  });

  it('EXTEND: gives it more time as often as it may, and then stops it', async () => {
    const extension = { timeout_extension_seconds: 1, max_timeout_extensions: 2 };
    const id = await start({ timeout_action: 'EXTEND', ...extension });
    await run(services, id, untilItIsStopped);
    expect(await eventsOf(id)).toEqual(['CREATE', 'ENQUEUE', 'CLAIM', 'EXTEND', 'EXTEND', 'TIME_OUT']);
    const details = (await historyOf(id)).flatMap(({ event, detail }) =>
      event === 'EXTEND' ? [detail] : [],
    );
    expect(details).toEqual([
      expect.stringContaining('1 s more: extension 1 of 2'),
      expect.stringContaining('1 s more: extension 2 of 2'),
    ]);
    const error = await timeoutErrorOf(id);
    expect(error).toMatchObject({ timeout_seconds: 3 });
    expect(error?.elapsed_seconds).toBeGreaterThanOrEqual(3 - 3 * TIMER_SECONDS);
    const result = (await viewExecution(services, await recordOf(services, id))).result;
    expect(result?.error_message).toContain('extended 2 times by 1 s to 3 s');
  });

  it('is not told of any more once the body is being stopped', async () => {
    const id = await start({ timeout_action: 'WARN' });
    const stop = new AbortController();
    const context = executorContext(
      services,
      'executor',
      async (_attempt, { signal }) => {
        stop.abort('SHUTDOWN');
        await untilStopped(signal);
        // Longer than its time-out.
        await new Promise((resolve) => setTimeout(resolve, 1500));
        return { kind: 'stopped', forced: false };
      },
      stop.signal,
    );
    await runAttempt(context, id);
    expect(await eventsOf(id)).toEqual(['CREATE', 'ENQUEUE', 'CLAIM', 'FAIL']);
  });

  it.each([
    ['TERMINATE', {}, 100_000],
    ['EXTEND', { timeout_extension_seconds: 2, max_timeout_extensions: 3 }, 106_000],
    ['WARN', {}, undefined],
  ] as const)('%s: is explained with when it will strike', async (timeout_action, more, inMs) => {
    const id = await start({ timeout_seconds: 100, timeout_action, ...more });
    let times_out: string | null | undefined;
    await run(services, id, async () => {
      const record = await recordOf(services, id);
      times_out = (await explainExecution(services, record, { replay: false })).running?.times_out;
      return succeedWith();
    });
    const { started_time = 0 } = await recordOf(services, id);
    expect(times_out).toBe(inMs === undefined ? null : new Date(started_time + inMs).toISOString());
  });
});

describe('a note in the history', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('note');
    services = fixture.services;
    await fixture.registerExecutor('executor');
    await apply(services, [define('a')]);
  });
  afterEach(() => fixture.close());

  const note = (execution_id: string, nonce: string, op = 'op') =>
    services.executions.note({ execution_id, nonce, op, note: 'WARN', actor: 'executor', detail: 'late' });

  it('is written once however often it is sent, adds no revision and does not keep what repeats from its answer', async () => {
    const id = await trigger(services, 'a');
    await run(services, id, async () => {
      const { nonce = '', revision } = await recordOf(services, id);
      expect([await note(id, nonce), await note(id, nonce)]).toEqual(['NOTED', 'NOTED']);
      expect((await recordOf(services, id)).revision).toBe(revision);
      return succeedWith();
    });
    const { nonce = '', history, revision } = await recordOf(services, id);
    expect(history.map(({ event }) => event)).toEqual([
      'CREATE',
      'ENQUEUE',
      'CLAIM',
      'WARN',
      'SUCCEED',
      'COMPLETE',
    ]);
    expect(revision).toBe(5);
    const base = { execution_id: id, nonce, op: nonce, actor: 'executor' };
    expect(await services.executions.transition({ ...base, event: 'SUCCEED' })).toEqual({
      ok: true,
      status: 'COMPLETING',
      revision: 4,
      repeated: true,
    });
  });

  it('comes before the end, also where Redis did not take it at first', async () => {
    await apply(services, [define('slow', { timeout_seconds: 1, timeout_action: 'WARN' })]);
    const id = await trigger(services, 'slow');
    let sent = 0;
    const executions = Object.assign(Object.create(services.executions) as ExecutionStore, {
      note: (command: NoteCommand) =>
        sent++ === 0 ? Promise.reject(new Error('Connection is closed.')) : services.executions.note(command),
    });
    let tell = (): void => undefined;
    const noted = new Promise<void>((resolve) => (tell = resolve));
    const context = executorContext({ ...services, executions }, 'executor', async () => {
      await noted;
      return succeedWith();
    });
    await runAttempt({ ...context, onNote: () => tell() }, id);
    const { history } = await recordOf(services, id);
    expect(history.map(({ event }) => event).slice(-3)).toEqual(['WARN', 'SUCCEED', 'COMPLETE']);
  });

  it('is refused from whoever does not hold the lease, and from an attempt that has ended', async () => {
    const id = await trigger(services, 'a');
    await run(services, id, async () => {
      expect(await note(id, 'another')).toBe('STALE_FENCE');
      return succeedWith();
    });
    const { nonce = '', history } = await recordOf(services, id);
    expect(await note(id, nonce)).toBe('STALE_FENCE');
    expect(history.map(({ event }) => event)).not.toContain('WARN');
  });
});
