// An import into PostgreSQL that is killed at 70 %. PHI_LONG=1 makes it the real thing: ten minutes of delivery.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Execution } from '@phi/core';
import {
  PostgresProxy,
  testPostgres,
  withDeadline,
  type ProcessGroup,
  type TestPostgres,
} from '@phi/testkit';

import { Phi, SHORTEST_LEASE } from './fixture/phi.js';
import { describeWithPostgres } from './fixture/postgres.js';
import { bodiesOf, familyOf } from './fixture/process-table.js';
import { sendSignal } from './fixture/send-signal.js';

const SECONDS = process.env['PHI_LONG'] === undefined ? 12 : 600;
const RECORDS_PER_SECOND = 2000;
const RECORDS = SECONDS * RECORDS_PER_SECOND;
/** Fewer than come in a second: a chunk is no larger than that. */
const CHUNK_RECORDS = 1200;
const KILLED_AT = 0.7 * RECORDS;
/** Before those of the chunks are the commits of the ledger and of the claim. */
const FIRST_COMMITS = 2;
/** The delivery, what is lost with a lease, and a slow machine. */
const ENDS_WITHIN_MS = SECONDS * 1000 + 240_000;
const TEST_TIMEOUT_MS = ENDS_WITHIN_MS + 60_000;

let phi: Phi;
let postgres: TestPostgres;
let proxy: PostgresProxy;
let sources: string;

const job = (delivery: object, more: object): object => ({
  job_id: 'import',
  name: 'Import',
  job_type: 'COMPOSITE',
  pipeline_modules: ['ALPHA', 'GAMMA'],
  parameters: {
    ALPHA: { source: { path: 'readings.csv' } },
    GAMMA: {
      destinations: [
        { type: 'POSTGRES', connection: { secret: 'WAREHOUSE' }, table: 'public.readings', ...more },
      ],
      delivery,
    },
  },
  timeout_seconds: 2 * SECONDS + 600,
  checkpoint: { checkpoint_interval_seconds: 1 },
  // The death of a body is no passing failure by default: it may be the body's own doing.
  retry_policy: { max_attempts: 2, initial_delay_seconds: 1, retryable_errors: ['NATIVE_CRASH'] },
});

const committed = async (): Promise<number> => {
  const [row] = await postgres.query<{ count: number }>('SELECT count(*)::int FROM readings');
  return row?.count ?? 0;
};

/** Every record of the source is there, once. */
const expectOnce = async (): Promise<void> => {
  const found = await postgres.query(
    `SELECT count(*)::int AS records, count(DISTINCT id)::int AS ids, min(id)::int, max(id)::int,
       count(*) FILTER (WHERE label <> 'reading ' || id)::int AS wrong FROM readings`,
  );
  expect(found).toEqual([{ records: RECORDS, ids: RECORDS, min: 1, max: RECORDS, wrong: 0 }]);
};

/**
 * The first attempt failed with this code, and the second ended the delivery without beginning it again.
 *
 * @param there - how many records were committed when the first was killed, at least
 */
const expectResumed = (executions: readonly Execution[], code: string, there: number): void => {
  const [first, second, ...more] = executions;
  expect(more).toEqual([]);
  expect(first).toMatchObject({ status: 'FAILED', attempt_number: 1, result: { error_code: code } });
  expect(second).toMatchObject({
    status: 'COMPLETED',
    attempt_number: 2,
    parent_execution_id: first?.execution_id,
    result: { records_processed: RECORDS, outputs: { 'public.readings': 'public.readings' } },
  });
  const delivered = second?.result?.metrics['GAMMA.records_delivered'] ?? RECORDS;
  // Standard output is the reporter's.
  process.stderr.write(
    `${code}: ${String(RECORDS - delivered)} of ${String(RECORDS)} records were there, ${String(delivered)} were delivered after it\n`,
  );
  expect(delivered).toBeLessThanOrEqual(RECORDS - there);
};

/** ALPHA was done: its batch is that of the first attempt, and there is no other. */
const expectOneBatch = async (first: string): Promise<void> => {
  const batches = await readdir(join(phi.dataDir, 'batches', 'import'));
  expect(batches).toEqual([`${first}-ALPHA.parquet`]);
};

/** Neither what the services printed nor what Redis holds has the password in it. */
const expectNoPassword = async (): Promise<void> => {
  const { password } = new URL(postgres.url);
  for (const service of phi.executors) expect(service.output.all.join('\n')).not.toContain(password);
  const log = join(phi.redis.dir, 'appendonlydir');
  const files = await Promise.all(
    (await readdir(log)).map(async (name) => readFile(join(log, name), 'latin1')),
  );
  const kept = files.join('\n');
  expect(kept).toContain('WAREHOUSE');
  expect(kept).not.toContain(password);
};

const holderOf = async (runId: string): Promise<ProcessGroup> =>
  phi.holderOf((await phi.api.running(runId, 'import')).execution_id);

const killBodies = async (executor: ProcessGroup): Promise<void> => {
  const bodies = bodiesOf(await familyOf(executor.pid));
  expect(bodies).not.toEqual([]);
  for (const { pid } of bodies) sendSignal(pid, 'SIGKILL');
};

describeWithPostgres('an import that is killed', () => {
  beforeEach(async () => {
    [postgres, sources] = await Promise.all([testPostgres('import'), mkdtemp(join(tmpdir(), 'phi-import-'))]);
    await postgres.query('CREATE TABLE readings (id bigint NOT NULL, label text NOT NULL)');
    const lines = Array.from(
      { length: RECORDS },
      (_, index) => `${String(index + 1)},reading ${String(index + 1)}`,
    );
    await writeFile(join(sources, 'readings.csv'), `id,label\n${lines.join('\n')}\n`);
    proxy = await PostgresProxy.start(postgres.url);
    phi = await Phi.start({
      env: { ...SHORTEST_LEASE, PHI_SOURCE_DIR: sources, PHI_SECRET_WAREHOUSE: proxy.url },
    });
  });
  afterEach(async () => {
    await phi.stop();
    await proxy.stop();
    await Promise.all([postgres.cleanup(), rm(sources, { recursive: true, force: true })]);
  });

  const killedAt70 = async (
    kill: (executor: ProcessGroup) => Promise<unknown>,
    code: string,
  ): Promise<void> => {
    const pace = { max_records_per_second: RECORDS_PER_SECOND };
    await phi.api.apply({ jobs: [job(pace, { chunk_records: CHUNK_RECORDS })] });
    // Held there: it does not come to its end before it is killed.
    const held = proxy.hold('after commit', FIRST_COMMITS + KILLED_AT / CHUNK_RECORDS);
    const runId = await phi.api.trigger('import');
    const executor = await holderOf(runId);
    await withDeadline(held, '70 %', ENDS_WITHIN_MS);
    const there = await committed();
    expect(there).toBe(KILLED_AT);
    await kill(executor);
    const run = await phi.api.ended(runId, ENDS_WITHIN_MS);
    expect(run.status).toBe('succeeded');
    expectResumed(run.executions, code, there);
    await expectOnce();
    await expectOneBatch(runId);
    await expectNoPassword();
  };

  it(
    'goes on from 70 % when its executor is killed',
    async () => {
      await killedAt70(async (executor) => executor.kill(), 'EXEC_012_EXECUTOR_LOST');
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'goes on from 70 % when its body alone is killed',
    async () => {
      await killedAt70(killBodies, 'EXEC_014_NATIVE_CRASH');
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'delivers nothing more when its executor is killed between the last commit and the acknowledgement',
    async () => {
      const chunks = 4;
      await phi.api.apply({ jobs: [job({}, { chunk_records: RECORDS / chunks })] });
      const held = proxy.hold('after commit', FIRST_COMMITS + chunks);
      const runId = await phi.api.trigger('import');
      const executor = await holderOf(runId);
      await withDeadline(held, 'the last commit', ENDS_WITHIN_MS);
      expect(await committed()).toBe(RECORDS);
      await executor.kill();
      const run = await phi.api.ended(runId, ENDS_WITHIN_MS);
      expect(run.status).toBe('succeeded');
      expectResumed(run.executions, 'EXEC_012_EXECUTOR_LOST', RECORDS);
      await expectOnce();
    },
    TEST_TIMEOUT_MS,
  );
});
