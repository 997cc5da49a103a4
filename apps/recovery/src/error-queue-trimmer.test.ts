import { fileURLToPath } from 'node:url';

import { queuePrefix } from '@phi/queues';
import { ProcessFixture, testRedis } from '@phi/testkit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const HOUR_MS = 3_600_000;

describe('recovery', () => {
  const processes = new ProcessFixture();

  afterEach(() => processes.killAll());

  it('removes what the error queues no longer keep', async () => {
    const corner = testRedis('trimmer');
    const queue = new Queue('phi_execution_errors', {
      connection: corner.connect(),
      prefix: queuePrefix(corner.namespace),
    });
    await queue.add('EXEC_003_TRANSFORM_FAILED', {}, { timestamp: Date.now() - 3 * HOUR_MS });
    const young = await queue.add('EXEC_003_TRANSFORM_FAILED', {});
    const env = { REDIS_URL: corner.url, PHI_NAMESPACE: corner.namespace, ERROR_RETENTION_HOURS: '2' };
    const recovery = await processes.node(MAIN, [], { env });
    const line = await recovery.output.waitFor('removed what the error queues no longer keep');
    expect(JSON.parse(line)).toMatchObject({ entries: 1 });
    expect((await queue.getWaiting()).map(({ id }) => id)).toEqual([young.id]);
    expect(await recovery.stop()).toEqual({ code: 0, signal: null });
    await queue.close();
    await corner.cleanup();
  });
});
