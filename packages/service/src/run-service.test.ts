import { ProcessFixture, type ProcessGroup } from '@phi/testkit';
import { afterEach, describe, expect, it } from '@jest/globals';

const SERVICE = new URL('../dist/index.js', import.meta.url).href;

/** A port that nothing listens on: privileged, and no service of a test machine. */
const NOWHERE = 'redis://127.0.0.1:1';

describe('runService', () => {
  const processes = new ProcessFixture();
  afterEach(() => processes.killAll());

  /** Starts a service of its own process; `start` and `stop` are bodies of functions. */
  function service(
    bodies: { readonly start?: string; readonly stop?: string; readonly stopWithinMs?: number },
    env: Readonly<Record<string, string>> = {},
  ): Promise<ProcessGroup> {
    const { start = '', stop = '', stopWithinMs = 10_000 } = bodies;
    const code = `
      import { openServices, runService, waitForRedis } from ${JSON.stringify(SERVICE)};
      setInterval(() => {}, 1000);
      await runService({
        name: 'probe',
        stopWithinMs: () => ${String(stopWithinMs)},
        start: async (environment, log) => {
          ${start}
          return { stop: async () => { ${stop} } };
        },
      }, process.env);`;
    const options = { name: 'probe', env: { PHI_LOG_LEVEL: 'info', ...env } };
    return processes.start(process.execPath, ['--input-type=module', '-e', code], options);
  }

  it('ends with status 2 where the environment is wrong, having named every variable and started nothing', async () => {
    const probe = await service(
      { start: "console.log('started');" },
      { REDIS_URL: 'nowhere', EXECUTOR_PARALLELISM: '101', PHI_NAMESPACE: 'a b' },
    );
    // What keeps the process alive is the test's; a service has nothing yet that would.
    for (const name of ['REDIS_URL', 'EXECUTOR_PARALLELISM', 'PHI_NAMESPACE'])
      expect(await probe.output.waitFor(name)).toMatch(/^probe: /);
    expect(probe.output.all.join('\n')).not.toContain('started');
  });

  it('ends with status 2 by itself', async () => {
    const scheduler = new URL('../../../apps/scheduler/dist/main.js', import.meta.url).pathname;
    const probe = await processes.node(scheduler, [], { env: { SCHEDULER_POLL_INTERVAL_MS: '1' } });
    expect(await probe.ended).toEqual({ code: 2, signal: null });
    expect(probe.output.all).toEqual([expect.stringContaining('SCHEDULER_POLL_INTERVAL_MS')]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with status 0 on %s while it waits for Redis',
    async (signal) => {
      const probe = await service(
        { start: 'const { redis } = openServices(environment, log); await waitForRedis(redis);' },
        { REDIS_URL: NOWHERE },
      );
      await probe.output.waitFor('connection to Redis lost');
      probe.signal(signal);
      expect(await probe.ended).toEqual({ code: 0, signal: null });
      expect(probe.output.all.join('\n')).not.toContain('ready');
    },
  );

  it('stops what has started before it ends', async () => {
    // By the log itself: beside console.log, which makes the pipe non-blocking, pino may write out of turn at exit.
    const probe = await service({ stop: "log.info('handed over');" });
    await probe.output.waitFor('ready');
    probe.signal('SIGTERM');
    expect(await probe.ended).toEqual({ code: 0, signal: null });
    expect(probe.output.all.join('\n')).toMatch(/stopping[\s\S]*handed over[\s\S]*stopped/);
  });

  it('does not wait for ever for what does not stop', async () => {
    const probe = await service({ stop: 'await new Promise(() => {});', stopWithinMs: 50 });
    await probe.output.waitFor('ready');
    probe.signal('SIGTERM');
    expect(await probe.ended).toEqual({ code: 0, signal: null });
    expect(probe.output.all.join('\n')).toContain('did not stop in time');
  });

  it('ends at once on a second signal', async () => {
    const probe = await service({ stop: 'await new Promise(() => {});', stopWithinMs: 600_000 });
    await probe.output.waitFor('ready');
    probe.signal('SIGTERM');
    await probe.output.waitFor('stopping');
    probe.signal('SIGTERM');
    expect(await probe.ended).toEqual({ code: 1, signal: null });
  });

  it('ends with an error where it cannot start', async () => {
    const probe = await service({ start: "throw new Error('no place to start');" });
    expect((await probe.ended).code).toBe(1);
    expect(probe.output.all.join('\n')).toContain('no place to start');
  });
});
