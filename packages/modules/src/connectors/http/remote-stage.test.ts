import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RemoteStub } from '@phi/testkit';
import type { AttemptOutcome } from '../../runner/attempt-outcome.js';
import { RemoteChain } from '../../testing/remote-attempt.js';

// A whole process starts before each of these.
jest.setTimeout(120_000);

let stub: RemoteStub;

beforeEach(async () => {
  stub = await RemoteStub.start();
});
afterEach(() => stub.kill());

const keys = async (): Promise<string[]> => (await stub.jobs()).map(({ key }) => key);

const codeOf = (outcome: AttemptOutcome): string =>
  outcome.kind === 'failed' ? `${outcome.error.code}: ${outcome.error.message}` : outcome.kind;

/** Resolves once the module has been looked at again, and the answer was taken in: the request after it has come. */
const lookedAgain = async (): Promise<void> => {
  const { seen } = await stub.view();
  await stub.seen('GET', seen.filter(({ request }) => request === 'GET').length + 2);
};

/** An attempt that is stopped for this reason once its job runs. */
const stoppedWhileItRuns = async (chain: RemoteChain, reason: string): Promise<AttemptOutcome> => {
  const stop = new AbortController();
  const attempt = chain.attempt(stop.signal);
  await stub.seen('GET', 1);
  stop.abort(reason);
  return attempt;
};

describe('a stage on a remote module', () => {
  it('submits its job, tells how it comes along, and takes its result', async () => {
    const chain = new RemoteChain(stub, { headers: { authorization: { secret: 'TOKEN' } } });
    const attempt = chain.attempt();
    await stub.seen('GET', 1);
    expect([...chain.recorded.keys()]).toEqual(['e-1/REMOTE/1']);
    await stub.print('one', 'two');
    await stub.set({ progress: { records: 2 }, published: ['dataset'] });
    await lookedAgain();
    await stub.print('three');
    await stub.succeed({ outputs: { batch: 'x' } });
    expect(await attempt).toMatchObject({
      kind: 'succeeded',
      result: { records_processed: 3, outputs: { batch: 'x' } },
    });
    expect(chain).toMatchObject({
      logs: ['one', 'two', 'three'],
      progress: [2, 3],
      published: ['dataset'],
    });
    expect(chain.recorded.size).toBe(0);
    const { seen } = await stub.view();
    expect(seen[0]).toMatchObject({
      request: 'POST',
      key: 'e-1/REMOTE/1',
      fence: 101,
      headers: { authorization: 'sesame' },
      body: {
        type: 'GENERIC',
        parameters: { what: 'ever' },
        execution_context: { chain_id: 'e-1', fence: 101, stage: 'REMOTE', attempt_number: 1 },
      },
    });
    expect(seen.filter(({ request }) => request === 'GET').every(({ fence }) => fence === 101)).toBe(true);
  });

  it.each([
    ['knows its reference', false],
    ['has only its key', true],
  ])('attaches to the job of the attempt before where it %s', async (_, checkpointLost) => {
    const chain = new RemoteChain(stub);
    await stoppedWhileItRuns(chain, 'LEASE_LOST');
    expect((await stub.jobs())[0]?.status.state).toBe('RUNNING');
    if (checkpointLost) chain.checkpoint = undefined;
    await stub.succeed();
    expect((await chain.attempt()).kind).toBe('succeeded');
    expect(await keys()).toEqual(['e-1/REMOTE/1']);
    expect(chain.recorded.size).toBe(0);
  });

  it('repeats a submission whose answer is lost, and starts one job', async () => {
    await stub.script(
      'POST',
      { status: 503 },
      { cut: true },
      { cut: true, works: true },
      { status: 502, works: true },
    );
    await stub.beginWith({ state: 'SUCCEEDED', records_processed: 1, records_failed: 0 });
    expect((await new RemoteChain(stub).attempt()).kind).toBe('succeeded');
    expect(await keys()).toEqual(['e-1/REMOTE/1']);
    const { seen } = await stub.view();
    expect(seen.filter(({ request }) => request === 'POST')).toHaveLength(5);
  });

  it('gives the next job another key only once the last is known to have failed', async () => {
    const chain = new RemoteChain(stub);
    const delivery = (destination: string, records: number): object => ({
      destination,
      path: destination,
      format: 'CSV',
      records,
      bytes: 1,
      sha256: 'a'.repeat(64),
    });
    await stub.beginWith({
      state: 'FAILED',
      error: { code: 'BUSY', message: 'come again', category: 'TRANSIENT' },
      checkpoint: 'half',
      delivery_acknowledgements: [delivery('a', 1)],
    });
    expect(codeOf(await chain.attempt())).toBe('EXEC_030_REMOTE_TEMPORARY: BUSY: come again');
    expect(chain.recorded.size).toBe(0);
    await stub.beginWith({
      state: 'SUCCEEDED',
      records_processed: 1,
      records_failed: 0,
      delivery_acknowledgements: [delivery('b', 2)],
    });
    expect(await chain.attempt()).toMatchObject({
      kind: 'succeeded',
      result: { delivery_acknowledgements: [{ destination: 'a' }, { destination: 'b' }] },
    });
    expect(await keys()).toEqual(['e-1/REMOTE/1', 'e-1/REMOTE/2']);
    expect((await stub.jobs())[1]?.body).toMatchObject({ checkpoint: 'half', delivered: [delivery('a', 1)] });
  });

  it.each([
    ['SHOP_001_SOLD_OUT', 'PERMANENT', 'SHOP_001_SOLD_OUT: m'],
    ['whatever', 'PERMANENT', 'EXEC_006_MODULE_FAILED: whatever: m'],
    ['whatever', 'TIMEOUT', 'EXEC_031_REMOTE_TIMEOUT: whatever: m'],
  ])('fails by the code %s of category %s', async (code, category, expected) => {
    await stub.beginWith({ state: 'FAILED', error: { code, message: 'm', category } });
    expect(codeOf(await new RemoteChain(stub).attempt())).toBe(expected);
  });

  it('overlooks what a module says wrongly for a while', async () => {
    const lies = { ref: 'r-other', state: 'SUCCEEDED', records_processed: 9, records_failed: 0 };
    await stub.script(
      'GET',
      { status: 500 },
      { status: 429, headers: { 'retry-after': '0' } },
      { body: '{"state":' },
      { body: '<html>' },
      { body: JSON.stringify('x'.repeat(1_200_000)) },
      { status: 302, headers: { location: `${stub.url}/v1/module` } },
      { lies },
      { lies: { state: 'DONE' } },
      { lies: { idempotency_key: 'another' } },
      { cut: true },
      { works: true },
      { lies: { sequence: 0, state: 'SUCCEEDED', records_processed: 9, records_failed: 0 } },
    );
    const attempt = new RemoteChain(stub).attempt();
    await stub.seen('GET', 14);
    await stub.succeed();
    expect(await attempt).toMatchObject({ kind: 'succeeded', result: { records_processed: 3 } });
  });

  it.each([
    ['another job', { lies: { ref: 'r-other' } }, 'EXEC_032_REMOTE_PROTOCOL', 'another job, "r-other"'],
    ['half of a JSON text', { body: '{"state":' }, 'EXEC_032_REMOTE_PROTOCOL', 'did not answer with JSON'],
    [
      'a redirect',
      { status: 307, headers: { location: '/' } },
      'EXEC_032_REMOTE_PROTOCOL',
      'redirects are not followed',
    ],
    ['10 MB', { body: 'x'.repeat(10_000_000) }, 'EXEC_032_REMOTE_PROTOCOL', 'more than 1048576 bytes'],
    ['errors', { status: 500 }, 'EXEC_018_CONNECTION_FAILED', 'was answered 500'],
    ['that it is busy', { status: 429 }, 'EXEC_019_RATE_LIMITED', 'was answered 429'],
    [
      'a byte now and then',
      { dripMs: 20 },
      'EXEC_018_CONNECTION_FAILED',
      'no whole answer within 0.3 s',
      0.3,
    ],
    ['nothing', { delayMs: 60_000 }, 'EXEC_018_CONNECTION_FAILED', 'no whole answer within 0.3 s', 0.3],
  ])('fails in the end where a module answers with %s', async (_, reply, code, message, patience = 20) => {
    await stub.script('GET', { ...reply, works: true, times: 1000 });
    const chain = new RemoteChain(stub, { unreachable_seconds: 0.2, request_timeout_seconds: patience });
    const said = codeOf(await chain.attempt());
    expect(said).toContain(code);
    expect(said).toContain(message);
    // It may run: whoever looks for orphans has to know of it, and the next attempt attaches to it.
    expect([...chain.recorded.keys()]).toEqual(['e-1/REMOTE/1']);
    await stub.script('GET');
    await stub.succeed();
    chain.binding = {};
    expect((await chain.attempt()).kind).toBe('succeeded');
    expect(await keys()).toEqual(['e-1/REMOTE/1']);
  });

  it('does not take a success without a result for one', async () => {
    const chain = new RemoteChain(stub);
    await stub.beginWith({ state: 'SUCCEEDED', records_processed: -1 });
    expect(codeOf(await chain.attempt())).toMatch(/EXEC_0\d\d_\w+:.*records_processed/);
    await stub.beginWith({ state: 'SUCCEEDED', records_processed: 1 });
    expect(codeOf(await chain.attempt())).toContain('records_failed');
  });

  it('fails at once where its submission is refused', async () => {
    const problem = {
      title: 'no',
      status: 400,
      detail: 'parameters.what: is wrong',
      code: 'INVALID_REQUEST',
    };
    await stub.script('POST', { status: 400, body: JSON.stringify(problem) });
    expect(codeOf(await new RemoteChain(stub).attempt())).toMatch(
      /^EXEC_005_INVALID_CONFIG: POST .* was answered 400: INVALID_REQUEST: parameters.what: is wrong$/,
    );
  });

  it('submits a job again that the module has lost, but not for ever', async () => {
    const chain = new RemoteChain(stub);
    const attempt = chain.attempt();
    await stub.seen('GET', 1);
    await stub.forget();
    await stub.seen('POST', 2);
    await stub.succeed();
    expect((await attempt).kind).toBe('succeeded');
    expect(await keys()).toEqual(['e-1/REMOTE/1']);
    await stub.script('GET', { status: 404, times: 1000 });
    expect(codeOf(await new RemoteChain(stub).attempt())).toContain('EXEC_033_REMOTE_LOST');
  });

  it('sends nothing while its executor cannot tell whether it may', async () => {
    const chain = new RemoteChain(stub);
    let open = (): void => undefined;
    chain.gate = new Promise((resolve) => (open = resolve));
    const attempt = chain.attempt();
    // Twenty of its own intervals; nothing can be awaited that does not happen.
    await sleep(200);
    expect((await stub.view()).seen).toEqual([]);
    await stub.beginWith({ state: 'SUCCEEDED', records_processed: 1, records_failed: 0 });
    open();
    expect((await attempt).kind).toBe('succeeded');
  });

  it('waits as long as it is told to', async () => {
    await stub.script('GET', { status: 503, headers: { 'retry-after': '3600' } });
    const stop = new AbortController();
    const attempt = new RemoteChain(stub).attempt(stop.signal);
    await stub.seen('GET', 1);
    // Twenty of its own intervals; nothing can be awaited that does not happen.
    await sleep(200);
    stop.abort('SHUTDOWN');
    expect((await attempt).kind).toBe('aborted');
    expect((await stub.view()).seen.filter(({ request }) => request === 'GET')).toHaveLength(1);
  });
});

describe('a stage on a remote module that is stopped', () => {
  it.each(['CANCELLED', 'TIMEOUT'])(
    'cancels its job when it is %s, and says so once that is confirmed',
    async (reason) => {
      const chain = new RemoteChain(stub);
      expect(await stoppedWhileItRuns(chain, reason)).toMatchObject({ termination_method: 'GRACEFUL' });
      expect((await stub.jobs()).map(({ status }) => status.state)).toEqual(['CANCELLED']);
      expect(chain.recorded.size).toBe(0);
      await stub.beginWith({ state: 'SUCCEEDED', records_processed: 1, records_failed: 0 });
      expect((await chain.attempt()).kind).toBe('succeeded');
      expect(await keys()).toEqual(['e-1/REMOTE/1', 'e-1/REMOTE/2']);
    },
  );

  it.each(['SHUTDOWN', 'HANDED_OVER', 'LEASE_LOST'])(
    'leaves its job to the next attempt on %s',
    async (reason) => {
      const chain = new RemoteChain(stub);
      expect((await stoppedWhileItRuns(chain, reason)).kind).toBe('aborted');
      expect((await stub.view()).seen.filter(({ request }) => request === 'DELETE')).toEqual([]);
      expect([...chain.recorded.keys()]).toEqual(['e-1/REMOTE/1']);
    },
  );

  it('says so where the module does not confirm it in time, and keeps the job on record', async () => {
    await stub.ignoreCancel(true);
    const chain = new RemoteChain(stub, { cancel_timeout_seconds: 0.2 });
    expect(await stoppedWhileItRuns(chain, 'TIMEOUT')).toMatchObject({ termination_method: 'FORCED' });
    expect([...chain.recorded.values()]).toMatchObject([{ key: 'e-1/REMOTE/1', ref: expect.any(String) }]);
    expect(chain.logs.at(-1)).toContain('not confirmed');
    // The next attempt finds it cancelled after all, which is no failure.
    const next = chain.attempt();
    await stub.seen('GET', 3);
    await stub.set({ state: 'CANCELLED' });
    await stub.seen('POST', 2);
    await stub.succeed();
    expect((await next).kind).toBe('succeeded');
    expect(await keys()).toEqual(['e-1/REMOTE/1', 'e-1/REMOTE/2']);
  });

  it('takes the result of a job that was faster than its cancellation', async () => {
    const chain = new RemoteChain(stub);
    await stub.script('DELETE', { status: 500 }, { status: 500 });
    const stop = new AbortController();
    const attempt = chain.attempt(stop.signal);
    await stub.seen('GET', 1);
    stop.abort('TIMEOUT');
    await stub.seen('DELETE', 1);
    await stub.succeed();
    expect((await attempt).kind).toBe('aborted');
    expect((await chain.attempt()).kind).toBe('succeeded');
    expect(await keys()).toEqual(['e-1/REMOTE/1']);
  });

  it('cancels a job whose submission was under way', async () => {
    await stub.script('POST', { delayMs: 300, works: true });
    const chain = new RemoteChain(stub);
    const stop = new AbortController();
    const attempt = chain.attempt(stop.signal);
    await stub.seen('POST', 1);
    // Whoever looks for orphans knows of it already.
    expect([...chain.recorded.keys()]).toEqual(['e-1/REMOTE/1']);
    stop.abort('CANCELLED');
    expect(await attempt).toMatchObject({ termination_method: 'GRACEFUL' });
    expect((await stub.jobs()).map(({ status }) => status.state)).toEqual(['CANCELLED']);
    expect(chain.recorded.size).toBe(0);
  });

  it('finds the job whose reference it never learned by its key', async () => {
    await stub.script('POST', { works: true, delayMs: 5000 });
    const chain = new RemoteChain(stub, { request_timeout_seconds: 0.2 });
    const stop = new AbortController();
    const attempt = chain.attempt(stop.signal);
    await stub.seen('POST', 1);
    await stub.script('POST', { works: true, cut: true });
    await stub.seen('POST', 2);
    stop.abort('CANCELLED');
    expect(await attempt).toMatchObject({ termination_method: 'GRACEFUL' });
    expect((await stub.jobs()).map(({ status }) => status.state)).toEqual(['CANCELLED']);
  });

  it('fails where somebody else has cancelled its job', async () => {
    const chain = new RemoteChain(stub);
    const attempt = chain.attempt();
    await stub.seen('GET', 1);
    await stub.set({ state: 'CANCELLED' });
    expect(codeOf(await attempt)).toContain('EXEC_034_REMOTE_CANCELLED');
  });
});

describe('a stage that is called back', () => {
  const slow = { poll_interval_seconds: 600, poll_interval_max_seconds: 600 };

  it('looks at once, and believes what it sees there, not what it is told', async () => {
    const chain = new RemoteChain(
      stub,
      { ...slow, callback: true },
      { url: 'http://phi/', secret: 'x'.repeat(24) },
    );
    const attempt = chain.attempt();
    await stub.seen('GET', 1);
    chain.callbacks.announce('e-1', 'OTHER');
    chain.callbacks.announce('e-1', 'REMOTE');
    await stub.seen('GET', 2);
    await stub.succeed();
    for (let times = 0; times < 3; times += 1) chain.callbacks.announce('e-1', 'REMOTE');
    expect((await attempt).kind).toBe('succeeded');
    expect((await stub.jobs())[0]?.body.callback).toEqual({
      url: 'http://phi/v1/callbacks/e-1/REMOTE',
      secret: expect.stringMatching(/^whsec_/),
    });
  });
});
