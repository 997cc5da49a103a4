import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { testPostgres, type TestPostgres } from '@phi/testkit';
import { DeliveryFixture } from '../../testing/delivery-fixture.js';
import { describePostgres } from '../../testing/describe-postgres.js';

let postgres: TestPostgres;
let gamma: DeliveryFixture;

const into = (table: string, more: object = {}): object => ({
  destinations: [{ type: 'POSTGRES', connection: postgres.url, table, ...more }],
});
const rows = async (sql: string): Promise<object[]> => postgres.query(sql);
const numbers = (count: number): string =>
  `SELECT i AS id, 'n' || i AS name FROM range(1, ${String(count + 1)}) t(i)`;

describePostgres('GAMMA into PostgreSQL', () => {
  beforeEach(async () => {
    [postgres, gamma] = await Promise.all([testPostgres('gamma'), DeliveryFixture.create()]);
  });
  afterEach(async () => {
    await Promise.all([postgres.cleanup(), gamma.remove()]);
  });

  it('writes every type as it is', async () => {
    const batch = await gamma.batch(`
      SELECT * FROM (VALUES
        (9223372036854775807::BIGINT, 17014118346046923173168730371588410572::DECIMAL(38,0), 12345678901234567890.123456789012345678::DECIMAL(38,18),
         0.1::DOUBLE, 0.1::FLOAT, true, DATE '2024-02-29', TIMESTAMP '2024-02-29 12:34:56.123456', TIMESTAMPTZ '2024-02-29 12:34:56.5+02',
         TIME '23:59:59.999999', INTERVAL '1 year 2 days 3 hours', 'a	b' || chr(10) || 'c' || chr(13) || '\\d"''é🙂\\N', '\\x00\\xFF\\x5C'::BLOB,
         '{"a": [1, null], "b": "x\\"y"}'::JSON, [1, NULL, 3], ['a,b', NULL, '"q\\', ''], [[1, 2], [3, 4]], {'x': 1.50::DECIMAL(5,2), 'y': 'nan'::DOUBLE},
         uuid '0b8f6f2c-8f5e-4f0a-9a53-1d2f0b6f7a11', ['\\xAB'::BLOB], []::INTEGER[]),
        (NULL, NULL, NULL, 'nan'::DOUBLE, '-inf'::FLOAT, NULL, DATE '0044-03-15 (BC)', TIMESTAMP '0044-03-15 (BC) 01:02:03', 'infinity'::TIMESTAMPTZ,
         NULL, NULL, '\\N', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
      ) t(big, huge, dec, dbl, flt, bool, day, ts, tstz, tm, span, txt, bin, js, ints, texts, nested, obj, id, bins, none)`);
    await rows(`CREATE TABLE typed (big bigint, huge numeric, dec numeric(38,18), dbl float8, flt float4, bool boolean, day date, ts timestamp,
      tstz timestamptz, tm time, span interval, txt text, bin bytea, js jsonb, ints int[], texts text[], nested int[][], obj json, id uuid,
      bins bytea[], none int[])`);
    await gamma.attempt(batch, into('typed'));
    const [first, second] =
      await rows(`SELECT big::text, huge::text, dec::text, dbl::text, flt::text, bool, day::text, ts::text,
      (tstz AT TIME ZONE INTERVAL '0')::text AS tstz, tm::text, span::text, txt, encode(bin, 'hex') AS bin, js, ints, texts, nested, obj::text, id,
      encode(bins[1], 'hex') AS bins, none::text FROM typed ORDER BY big`);
    expect(first).toEqual({
      big: '9223372036854775807',
      huge: '17014118346046923173168730371588410572',
      dec: '12345678901234567890.123456789012345678',
      dbl: '0.1',
      flt: '0.1',
      bool: true,
      day: '2024-02-29',
      ts: '2024-02-29 12:34:56.123456',
      tstz: '2024-02-29 10:34:56.5',
      tm: '23:59:59.999999',
      span: '1 year 2 days 03:00:00',
      txt: 'a\tb\nc\r\\d"\'é🙂\\N',
      bin: '00ff5c',
      js: { a: [1, null], b: 'x"y' },
      ints: [1, null, 3],
      texts: ['a,b', null, '"q\\', ''],
      nested: [
        [1, 2],
        [3, 4],
      ],
      obj: '{"x":1.50,"y":"NaN"}',
      id: '0b8f6f2c-8f5e-4f0a-9a53-1d2f0b6f7a11',
      bins: 'ab',
      none: '{}',
    });
    expect(second).toMatchObject({
      big: null,
      dec: null,
      dbl: 'NaN',
      flt: '-Infinity',
      day: '0044-03-15 BC',
      ts: '0044-03-15 01:02:03 BC',
      tstz: 'infinity',
      txt: '\\N',
      bin: null,
      js: null,
      ints: null,
    });
  });

  it('acknowledges what is committed, and does nothing when the same delivery is attempted again', async () => {
    const batch = await gamma.batch(numbers(25));
    await rows('CREATE TABLE plain (id bigint, name text)');
    const result = await gamma.attempt(batch, into('plain', { chunk_records: 10 }));
    expect(result).toMatchObject({
      records_processed: 25,
      metrics: { destinations: 1, records_delivered: 25 },
      outputs: { plain: 'plain' },
      delivery_acknowledgements: [
        {
          type: 'POSTGRES',
          destination: 'plain',
          table: 'plain',
          mode: 'APPEND',
          records: 25,
          resumed_at: 0,
        },
      ],
    });
    expect(gamma.progress).toEqual([10, 20, 25]);
    expect(await rows('SELECT position, completed_at IS NOT NULL AS done FROM phi_deliveries')).toEqual([
      { position: '25', done: true },
    ]);
    // Once as if the acknowledgement had been lost, once with it.
    gamma.saved.length = 0;
    const again = await gamma.attempt(batch, into('plain', { chunk_records: 10 }));
    expect(again.delivery_acknowledgements).toEqual([
      expect.objectContaining({ records: 25, resumed_at: 25 }),
    ]);
    await gamma.attempt(batch, into('plain', { chunk_records: 10 }));
    expect(await rows('SELECT count(*)::int, count(DISTINCT id)::int AS ids FROM plain')).toEqual([
      { count: 25, ids: 25 },
    ]);
  });

  it('takes another chain of attempts for another delivery', async () => {
    const batch = await gamma.batch(numbers(3));
    await rows('CREATE TABLE plain (id bigint, name text)');
    await gamma.attempt(batch, into('plain'));
    gamma.saved.length = 0;
    await gamma.attempt(batch, into('plain'), { chain_id: 'another' });
    expect(await rows('SELECT count(*)::int FROM plain')).toEqual([{ count: 6 }]);
  });

  it('goes on behind what was committed when a chunk fails, and says which record it was', async () => {
    const batch = await gamma.batch(numbers(30));
    await rows('CREATE TABLE picky (id bigint CONSTRAINT not_17 CHECK (id <> 17), name text)');
    const parameters = into('picky', { chunk_records: 5 });
    await expect(gamma.attempt(batch, parameters)).rejects.toMatchObject({
      code: 'EXEC_004_OUTPUT_FAILED',
      message: expect.stringMatching(
        /destinations\.0: record 17 of the batch: .*\(constraint not_17 of picky\)/,
      ),
    });
    expect(await rows('SELECT count(*)::int FROM picky')).toEqual([{ count: 15 }]);
    await rows('ALTER TABLE picky DROP CONSTRAINT not_17');
    const { delivery_acknowledgements } = await gamma.attempt(batch, parameters);
    expect(delivery_acknowledgements).toEqual([expect.objectContaining({ records: 30, resumed_at: 15 })]);
    expect(await rows('SELECT count(*)::int, count(DISTINCT id)::int AS ids FROM picky')).toEqual([
      { count: 30, ids: 30 },
    ]);
  });

  it('refuses to go on in another batch than it began, and where the ledger has forgotten', async () => {
    await rows('CREATE TABLE picky (id bigint CHECK (id <> 17), name text)');
    const parameters = into('picky', { chunk_records: 5 });
    const batch = await gamma.batch(numbers(30));
    await expect(gamma.attempt(batch, parameters)).rejects.toThrow('record 17');
    const changed = await gamma.batch(
      `SELECT id, replace(name, 'n3', 'x3') AS name FROM (${numbers(30)})`,
      'changed',
    );
    await expect(gamma.attempt(changed, parameters)).rejects.toMatchObject({
      code: 'EXEC_004_OUTPUT_FAILED',
      message: expect.stringContaining('does not begin with them any more'),
    });
    const shorter = await gamma.batch(numbers(3), 'shorter');
    await expect(gamma.attempt(shorter, parameters)).rejects.toThrow('does not begin with them any more');
    await rows('DELETE FROM phi_deliveries');
    await expect(gamma.attempt(batch, parameters)).rejects.toThrow('the ledger knows of 0');
    expect(await rows('SELECT count(*)::int FROM picky')).toEqual([{ count: 15 }]);
  });

  it('shuts an earlier attempt out once a later one has begun', async () => {
    const batch = await gamma.batch(numbers(10));
    await rows('CREATE TABLE plain (id bigint, name text)');
    await gamma.attempt(batch, into('plain'), { fence: 7 });
    gamma.saved.length = 0;
    await expect(gamma.attempt(batch, into('plain'), { fence: 6 })).rejects.toMatchObject({
      code: 'EXEC_022_DELIVERY_CONFLICT',
    });
  });

  it('UPSERT: the last record of a key takes the place of what is there', async () => {
    await rows(
      `CREATE SCHEMA "Sales"; CREATE TABLE "Sales"."By Day" (id bigint PRIMARY KEY, name text, kept text DEFAULT 'k')`,
    );
    await rows(`INSERT INTO "Sales"."By Day" VALUES (1, 'old', 'mine'), (9, 'other', 'mine')`);
    const batch = await gamma.batch(
      `SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (1, 'c'), (3, 'd'), (2, 'e')) t(id, name)`,
    );
    const upsert = into('"Sales"."By Day"', { mode: 'UPSERT', key: ['id'], chunk_records: 3 });
    const { delivery_acknowledgements } = await gamma.attempt(batch, upsert);
    expect(delivery_acknowledgements).toEqual([expect.objectContaining({ mode: 'UPSERT', records: 5 })]);
    expect(await rows('SELECT id::int, name, kept FROM "Sales"."By Day" ORDER BY id')).toEqual([
      { id: 1, name: 'c', kept: 'mine' },
      { id: 2, name: 'e', kept: 'k' },
      { id: 3, name: 'd', kept: 'k' },
      { id: 9, name: 'other', kept: 'mine' },
    ]);
    const nulls = await gamma.batch(`SELECT * FROM (VALUES (5, 'a'), (NULL, 'b')) t(id, name)`, 'nulls');
    gamma.saved.length = 0;
    await expect(gamma.attempt(nulls, upsert, { chain_id: 'c2' })).rejects.toThrow(
      'record 2 of the batch: a column of its key ("id") is null',
    );
    const keyless = into('"Sales"."By Day"', { mode: 'UPSERT', key: ['name'] });
    await expect(gamma.attempt(batch, keyless, { chain_id: 'c3' })).rejects.toMatchObject({
      code: 'EXEC_005_INVALID_CONFIG',
      message: expect.stringContaining('no unique or exclusion constraint'),
    });
  });

  it('REPLACE and atomic: all or nothing', async () => {
    await rows('CREATE TABLE whole (id bigint CONSTRAINT small CHECK (id < 20), name text)');
    await rows(`INSERT INTO whole VALUES (0, 'old')`);
    const tooMuch = await gamma.batch(numbers(30), 'too-much');
    const fits = await gamma.batch(numbers(10), 'fits');
    for (const how of [{ mode: 'REPLACE' }, { atomic: true }])
      await expect(
        gamma.attempt(tooMuch, into('whole', { ...how, chunk_records: 4 }), {
          chain_id: JSON.stringify(how),
        }),
      ).rejects.toThrow('record 20 of the batch');
    expect(await rows('SELECT id::int FROM whole')).toEqual([{ id: 0 }]);
    const replace = into('whole', { mode: 'REPLACE', chunk_records: 4 });
    await gamma.attempt(fits, replace, { chain_id: 'r' });
    gamma.saved.length = 0;
    await gamma.attempt(fits, replace, { chain_id: 'r' });
    expect(await rows('SELECT count(*)::int, min(id)::int, max(id)::int FROM whole')).toEqual([
      { count: 10, min: 1, max: 10 },
    ]);
    gamma.saved.length = 0;
    const none = await gamma.batch(numbers(0), 'none');
    await gamma.attempt(none, replace, { chain_id: 'n' });
    expect(await rows('SELECT count(*)::int FROM whole')).toEqual([{ count: 0 }]);
  });

  it('maps columns, and names what does not fit', async () => {
    const batch = await gamma.batch(numbers(2));
    await rows('CREATE TABLE mapped (number int, label text, extra text)');
    await gamma.attempt(batch, into('mapped', { columns: { name: 'label', id: 'number' } }));
    expect(await rows('SELECT * FROM mapped ORDER BY number')).toEqual([
      { number: 1, label: 'n1', extra: null },
      { number: 2, label: 'n2', extra: null },
    ]);
    const wrong: [object, string][] = [
      [into('nowhere'), 'destinations.0.table: there is no table "nowhere"'],
      [
        into('mapped'),
        'destinations.0.columns: table "mapped" has no column "id"; it has: number, label, extra',
      ],
      [into('mapped', { columns: { x: 'label' } }), 'the batch has no column "x"; it has: id, name'],
      [into('mapped', { columns: { id: 'label', name: 'label' } }), 'two columns of the batch go to "label"'],
      [
        into('mapped', { columns: { id: 'number' }, mode: 'UPSERT', key: ['label'] }),
        'key: "label" is not among',
      ],
      [
        into('mapped', { mode: 'UPSERT' }),
        'destinations.0.key: UPSERT needs the columns of a unique constraint',
      ],
      [into('mapped; DROP TABLE mapped'), 'destinations.0.table: expected table or schema.table'],
    ];
    gamma.saved.length = 0;
    for (const [parameters, message] of wrong)
      await expect(gamma.attempt(batch, parameters)).rejects.toMatchObject({
        code: 'EXEC_005_INVALID_CONFIG',
        message: expect.stringContaining(message),
      });
  });

  it('says what is out of reach or not allowed without the address, the password or what the records hold', async () => {
    const batch = await gamma.batch(numbers(2));
    await rows('CREATE TABLE plain (id bigint, name text)');
    const there = new URL(postgres.url);
    const at = (change: (url: URL) => void): object => {
      const url = new URL(postgres.url);
      change(url);
      return into('plain', { connection: url.href });
    };
    const failures: [object, string][] = [
      // A port that nothing listens on: privileged, and no service of a test machine.
      [at((url) => (url.port = '1')), 'EXEC_018_CONNECTION_FAILED'],
      [at((url) => (url.password = 'wrong-password')), 'EXEC_020_PERMISSION_DENIED'],
      [at((url) => (url.pathname = '/no_such_database')), 'EXEC_005_INVALID_CONFIG'],
      [into('plain', { connection: `mysql://x:${there.password}@h/d` }), 'EXEC_005_INVALID_CONFIG'],
    ];
    for (const [parameters, code] of failures) {
      const error = await gamma.attempt(batch, parameters).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code });
      const shown = JSON.stringify([error, (error as Error).message, (error as Error).cause]);
      for (const secret of [there.password, 'wrong-password', there.host])
        expect(shown).not.toContain(secret);
    }
  });
});
