import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { gatedJob } from './fixture/gated-job.js';
import { handlers } from './fixture/handlers.js';
import { Phi, SHORTEST_LEASE, SHORTEST_LEASE_MS } from './fixture/phi.js';
import { familyOf, remaining, survivorsOf } from './fixture/process-table.js';

let phi: Phi;

beforeEach(async () => {
  phi = await Phi.start({
    executors: 1,
    env: { ...SHORTEST_LEASE, EXECUTOR_PARALLELISM: '1', PHI_HANDLERS: handlers('GATED') },
  });
});
afterEach(async () => {
  await phi.stop();
});

/** When the lease of an executor expires. */
const leaseOf = async (pid: number): Promise<number> => {
  const executor = (await phi.api.executors()).find(({ information }) => information.pid === pid);
  return Date.parse(executor?.lease_expires ?? '');
};

it('an executor that is asked to end finishes what it runs and leaves the rest to others', async () => {
  await phi.api.apply({ jobs: [gatedJob('held'), gatedJob('waiting')] });
  const held = await phi.api.trigger('held');
  await phi.api.running(held, 'held');
  const waiting = await phi.api.trigger('waiting');
  const leaving = await phi.holderOf(held);
  const family = await familyOf(leaving.pid);

  leaving.signal('SIGTERM');
  await leaving.output.waitFor('"msg":"stopping"');
  // It offers no places any more, and still runs what it has.
  await phi.api.until(
    'the drain to be announced',
    () => phi.api.executors(),
    (executors) => executors.every(({ places }) => places === 0),
  );
  expect((await phi.api.execution(held)).status).toBe('RUNNING');
  expect((await phi.api.execution(waiting)).status).toBe('QUEUED');
  const other = await phi.startExecutor();
  await phi.api.running(waiting, 'waiting');
  expect((await phi.holderOf(waiting)).pid).toBe(other.pid);
  // However long that takes: it keeps its lease for more than the length of one.
  const expires = await leaseOf(leaving.pid);
  await phi.api.until(
    'a lease to pass',
    () => leaseOf(leaving.pid),
    (now) => now > expires + SHORTEST_LEASE_MS,
  );
  expect(leaving.isRunning).toBe(true);
  await phi.openGate('held');

  expect(await leaving.ended).toEqual({ code: 0, signal: null });
  expect(await remaining(() => survivorsOf(family))).toEqual([]);
  await phi.openGate('waiting');
  for (const runId of [held, waiting]) {
    const { status, executions } = await phi.api.ended(runId);
    expect(status).toBe('succeeded');
    expect(executions).toEqual([expect.objectContaining({ status: 'COMPLETED', attempt_number: 1 })]);
  }
});
