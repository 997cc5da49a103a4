import { DEFAULT_CONFIG, resolveJobDefinition } from '@phi/core';
import { applyDefinitions } from '@phi/engine';
import { openServices, type OpenServices } from '@phi/service';
import { createLogger, type Logger } from '@phi/telemetry';
import { testRedis, type TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { LedgerSweeper } from './ledger-sweeper.js';

/** Keeps what is said of schedules. */
function recordingLog(): { readonly log: Logger; readonly said: string[] } {
  const said: string[] = [];
  const keep =
    (level: string) =>
    ({ schedule_id }: { schedule_id: string }, text: string) =>
      said.push(`${level}: ${schedule_id}: ${text}`);
  return { log: { info: keep('info'), error: keep('error') } as unknown as Logger, said };
}

describe('LedgerSweeper', () => {
  let corner: TestRedis;
  let open: OpenServices;

  beforeEach(async () => {
    corner = testRedis('ledger-sweeper');
    const { url: redisUrl, namespace } = corner;
    open = openServices(
      { redisUrl, namespace, dataDir: '.', logLevel: 'silent', config: DEFAULT_CONFIG },
      createLogger('recovery', 'silent'),
    );
    await open.redis.ping();
  });
  afterEach(async () => {
    await open.close();
    await corner.cleanup();
  });

  it('says once that a ledger does not add up, and once that it does again, in as many slices as it takes', async () => {
    const schedule = { schedule_type: 'INTERVAL', interval_seconds: 60 } as const;
    const jobs = Array.from({ length: 1500 }, (_, n) => `job-${String(n)}`);
    const definitions = jobs.map((job_id) =>
      resolveJobDefinition(
        { job_id, job_type: 'OUTPUT', pipeline_modules: ['GAMMA'], schedule },
        DEFAULT_CONFIG,
      ),
    );
    await applyDefinitions(open.services, { definitions, author: 'test' });
    const key = `phi:{${open.services.namespace}/0}:due`;
    const [due = ''] = await open.redis.zrange(key, '1234', '1234');
    await open.redis.zrem(key, due);
    const { log, said } = recordingLog();
    const sweeper = new LedgerSweeper(open.services, log);
    for (let slice = 0; slice < 3; slice++) await sweeper.tick();
    expect(said).toEqual([`error: ${due}: the tick ledger of a schedule does not add up`]);
    const next = (await open.services.schedules.get(due))?.next_ms ?? 0;
    await open.redis.zadd(key, next, due);
    for (let slice = 0; slice < 3; slice++) await sweeper.tick();
    expect(said.slice(1)).toEqual([`info: ${due}: the tick ledger of a schedule adds up again`]);
    // More schedules than one slice lists: registering them takes its time on a busy machine.
  }, 120_000);
});
