import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import {
  PostgresProxy,
  ProcessFixture,
  testPostgres,
  type ProcessGroup,
  type ProxyPoint,
  type TestPostgres,
} from '@phi/testkit';
import { DeliveryFixture } from '../../testing/delivery-fixture.js';
import { describePostgres } from '../../testing/describe-postgres.js';

const ATTEMPT = fileURLToPath(new URL('../../../fixtures/gamma-attempt.mjs', import.meta.url));
const RECORDS = 1200;
const CHUNK = 100;
const POINTS: readonly ProxyPoint[] = ['before commit', 'after commit', 'in copy'];

// Whole processes start in these, up to ten one after another.
jest.setTimeout(300_000);

let postgres: TestPostgres;
let proxy: PostgresProxy;
let gamma: DeliveryFixture;
let batch: string;
const processes = new ProcessFixture();

const parameters = (url: string, more: object = {}): object => ({
  destinations: [{ type: 'POSTGRES', connection: url, table: 'delivered', chunk_records: CHUNK, ...more }],
});

/** Every record is there, once. */
const expectOnce = async (): Promise<void> => {
  const found = await postgres.query(
    'SELECT count(*)::int AS records, count(DISTINCT id)::int AS ids, min(id)::int, max(id)::int FROM delivered',
  );
  expect(found).toEqual([{ records: RECORDS, ids: RECORDS, min: 1, max: RECORDS }]);
};

describePostgres('a delivery into PostgreSQL', () => {
  let attempts = 0;
  let checkpoint: string | undefined;

  beforeEach(async () => {
    [postgres, gamma] = await Promise.all([testPostgres('once'), DeliveryFixture.create()]);
    proxy = await PostgresProxy.start(postgres.url);
    batch = await gamma.batch(
      `SELECT i AS id, repeat('x', 200) AS filler FROM range(1, ${String(RECORDS + 1)}) t(i)`,
    );
    await postgres.query('CREATE TABLE delivered (id bigint, filler text)');
    attempts = 0;
    checkpoint = undefined;
  });
  afterEach(async () => {
    await processes.killAll();
    await proxy.stop();
    await Promise.all([postgres.cleanup(), gamma.remove()]);
  });

  const start = async (url: string, more: object = {}): Promise<ProcessGroup> => {
    attempts += 1;
    const spec = { base: gamma.base, batch, parameters: parameters(url, more), fence: attempts, checkpoint };
    return processes.node(ATTEMPT, [JSON.stringify(spec)]);
  };

  /** What it saved is what its last line says, as its parent would have had it. */
  const keepCheckpoint = ({ output }: ProcessGroup): void => {
    const saved = output.all.filter((line) => line.startsWith('checkpoint ')).at(-1);
    checkpoint = saved?.slice('checkpoint '.length) ?? checkpoint;
  };

  /** One attempt that is killed at a moment, for the nth time it comes. */
  const killedAt = async (point: ProxyPoint, nth: number, more: object = {}): Promise<void> => {
    const held = proxy.hold(point, nth);
    const attempt = await start(proxy.url, more);
    await Promise.race([
      held,
      attempt.ended.then(() => {
        throw new Error(`it ended before it came there: ${attempt.output.tail()}`);
      }),
    ]);
    await attempt.kill();
    keepCheckpoint(attempt);
  };

  const finished = async (more: object = {}): Promise<{ resumed_at: number }> => {
    const attempt = await start(postgres.url, more);
    const line = await attempt.output.waitFor('result ');
    const result = JSON.parse(line.slice('result '.length)) as {
      delivery_acknowledgements: { resumed_at: number; records: number }[];
    };
    const [acknowledgement] = result.delivery_acknowledgements;
    if (acknowledgement?.records !== RECORDS) throw new Error(line);
    return acknowledgement;
  };

  it('has every record once, wherever its attempts are killed', async () => {
    // The first commit of an attempt is that of its claim, the second that of its first chunk.
    const moments = POINTS.flatMap((point) => [1, 2, 3].map((nth) => [point, nth] as const));
    for (const [point, nth] of moments) await killedAt(point, nth);
    const { resumed_at } = await finished();
    // By the order of the moments: what each attempt had committed before it was killed.
    expect(resumed_at).toBe(CHUNK * (0 + 0 + 1 + 0 + 1 + 2 + 0 + 1 + 2));
    await expectOnce();
  });

  it.each(['before commit', 'after commit'] as const)('has it once as a whole, killed %s', async (point) => {
    // The server also commits the ledger, which the first attempt makes in one message.
    await killedAt(point, point === 'after commit' ? 3 : 2, { atomic: true });
    const there = await postgres.query<{ count: number }>('SELECT count(*)::int FROM delivered');
    expect(there).toEqual([{ count: point === 'after commit' ? RECORDS : 0 }]);
    await finished({ atomic: true });
    await expectOnce();
  });

  it('has it once when an attempt that was given up goes on beside the next', async () => {
    const held = proxy.hold('before commit', 3);
    const first = await start(proxy.url);
    await held;
    const second = await start(postgres.url);
    // It waits for the row that the first holds, which then learns that it is not its delivery any more.
    await waitUntilBlocked();
    proxy.release();
    await first.output.waitFor('error EXEC_022_DELIVERY_CONFLICT');
    await second.output.waitFor('result ');
    await expectOnce();
  });

  const waitUntilBlocked = async (): Promise<void> => {
    for (;;) {
      const [row] = await postgres.query<{ blocked: boolean }>(
        `SELECT count(*) > 0 AS blocked FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (row?.blocked === true) return;
    }
  };
});
