import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startRedisServer, startTcpProxy, type ProcessGroup, type TcpProxy } from '@phi/testkit';

import { gatedJob } from './fixture/gated-job.js';
import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';

const LOST = 'connection to Redis lost';
const BACK = 'connected to Redis';
const WARN = 40;
/** How long a service may take to end after a signal when it runs nothing, in milliseconds. */
const GRACE_MS = 60_000;

let phi: Phi;
let way: TcpProxy;

beforeEach(async () => {
  const redis = await startRedisServer();
  way = await startTcpProxy(redis.port);
  phi = await Phi.start({
    redis,
    executors: 1,
    env: { REDIS_URL: way.url, PHI_HANDLERS: handlers('GATED') },
  });
});
afterEach(async () => {
  await phi.stop();
  await way.close();
});

/** What a service has complained of since a line of its output. */
const complaintsOf = ({ output }: ProcessGroup, from: number): string[] =>
  output.all
    .slice(from)
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level }) => level >= WARN)
    .map(({ msg }) => msg);

/** What is said only where it takes long. */
const isOfLength = (line: string): boolean => line.includes('freezing') || line.includes('still away');

it.each([
  { how: 'refuses every connection', begin: () => way.cut() },
  { how: 'swallows every packet', begin: () => way.silence() },
])(
  'a way to Redis that $how is noticed and said once, and work goes on when it is back',
  async ({ begin }) => {
    await phi.api.apply({ jobs: [gatedJob('gated')] });
    const runId = await phi.api.trigger('gated');
    await phi.api.running(runId, 'gated');
    const from = new Map(phi.running.map((service) => [service, service.output.all.length]));

    begin();
    await Promise.all(phi.running.map(({ output }) => output.waitFor(LOST)));
    // A body that ends while nobody can be told.
    await phi.openGate('gated');
    way.mend();
    await Promise.all(
      phi.running.map((service) => service.output.waitFor(BACK, { from: from.get(service) ?? 0 })),
    );

    const { status, executions } = await phi.api.ended(runId);
    expect(status).toBe('succeeded');
    expect(executions).toEqual([expect.objectContaining({ status: 'COMPLETED', attempt_number: 1 })]);
    const { history } = await phi.api.execution(runId);
    for (const event of ['CLAIM', 'COMPLETE'])
      expect(history.filter((entry) => entry.event === event)).toHaveLength(1);
    for (const service of phi.running) {
      const said = complaintsOf(service, from.get(service) ?? 0).filter((line) => !isOfLength(line));
      expect(said).toEqual([`${LOST}; trying again`]);
    }
  },
);

it.each([
  { signal: 'SIGTERM', how: 'refuses every connection', begin: () => way.cut() },
  { signal: 'SIGINT', how: 'swallows every packet', begin: () => way.silence() },
] as const)('every service ends on $signal while the way to Redis $how', async ({ signal, begin }) => {
  const services = [...phi.running];
  begin();
  await Promise.all(services.map(({ output }) => output.waitFor(LOST)));
  const asked = performance.now();
  for (const service of services) service.signal(signal);
  for (const service of services) {
    expect({ service: service.name, ...(await service.ended) }).toEqual({
      service: service.name,
      code: 0,
      signal: null,
    });
  }
  expect(performance.now() - asked).toBeLessThan(GRACE_MS);
});
