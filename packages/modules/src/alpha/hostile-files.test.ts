import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createStageRunner } from '../../fixtures/stage-runner.mjs';
import type { StageRunner } from '../../fixtures/stage-runner.mjs';

let base: string;
let stages: StageRunner;

const source = async (name: string, content: string | Uint8Array): Promise<void> => {
  const path = join(base, 'source', name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};
const ingest = async (path: string, batch: unknown = {}, more: unknown = {}) =>
  stages.run('ALPHA', { source: { path, ...(more as object) }, batch });
const rows = async (path: string, batch?: unknown, more?: unknown) =>
  stages.rowsOf(await ingest(path, batch, more));
const rejects = async (): Promise<unknown[]> => {
  const text = await readFile(join(base, 'data/batches/job/e-1-ALPHA.rejects.ndjson'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
};
const ID = { columns: [{ name: 'id', type: 'integer' }] };

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'phi-alpha-'));
  await mkdir(join(base, 'source'));
  stages = createStageRunner(base);
});
afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

describe('ALPHA, CSV', () => {
  it.each([
    ['a byte order mark', '\ufeffid,name\n1,x\n'],
    ['CRLF', 'id,name\r\n1,x\r\n'],
    ['CR', 'id,name\r1,x\r'],
    ['no new line at the end', 'id,name\n1,x'],
    ['blank lines', 'id,name\n\n1,x\n\n'],
    ['semicolons', 'id;name\n1;x\n'],
    ['tabs', 'id\tname\n1\tx\n'],
    ['a packed file', gzipSync('id,name\n1,x\n')],
  ])('reads %s', async (name, content) => {
    const file = name === 'a packed file' ? 'a.csv.gz' : 'a.csv';
    await source(file, content);
    expect(await rows(file)).toEqual([{ id: 1n, name: 'x' }]);
  });

  it('reads quotes, escaped ones and new lines within them', async () => {
    await source('a.csv', 'id,text\r\n1,"a ""b"", c"\r\n2,"two\r\nlines"\r\n3,it\'s\r\n');
    expect(await rows('a.csv')).toEqual([
      { id: 1n, text: 'a "b", c' },
      { id: 2n, text: 'two\r\nlines' },
      { id: 3n, text: "it's" },
    ]);
  });

  it('sets aside what is no row, with its line, and loses none beside it', async () => {
    await source(
      'in/a.csv',
      Buffer.concat([
        Buffer.from('id,name\n1,x\n2\n3,y,z\n4,"a" b\n5,caf'),
        Buffer.from([0xe9]),
        Buffer.from('\n6,ok\n7,"open\n'),
      ]),
    );
    const result = await ingest('in/a.csv');
    expect(result).toMatchObject({ records_processed: 7, records_failed: 5 });
    expect(await stages.rowsOf(result)).toEqual([
      { id: 1n, name: 'x' },
      { id: 6n, name: 'ok' },
    ]);
    expect(await rejects()).toEqual([
      expect.objectContaining({ file: 'in/a.csv', line: 3, record: '2' }),
      expect.objectContaining({ line: 4, record: '3,y,z' }),
      expect.objectContaining({ line: 5, reason: expect.stringContaining('quote') }),
      expect.objectContaining({ line: 6, reason: expect.stringContaining('utf-8') }),
      expect.objectContaining({ line: 8, reason: expect.stringContaining('quote') }),
    ]);
  });

  it.each([
    ['latin-1', Buffer.from('id,name\n1,café\n', 'latin1')],
    ['utf-16', Buffer.from('\ufeffid,name\n1,café\n', 'utf16le')],
  ])('reads %s when told so', async (encoding, content) => {
    await source('a.csv', content);
    expect(await rows('a.csv', {}, { options: { encoding } })).toEqual([{ id: 1n, name: 'café' }]);
  });

  it('takes the columns of each file by name, whatever their order', async () => {
    await source('a.csv', 'id,name\n1,x\n');
    await source('b.csv', 'name,id\ny,2\n');
    await source('c.csv', '');
    await source('d.csv', 'id,name\n3,z\n');
    expect(await rows('*.csv')).toEqual([
      { id: 1n, name: 'x' },
      { id: 2n, name: 'y' },
      { id: 3n, name: 'z' },
    ]);
  });

  it('takes declared columns by position where there is no header', async () => {
    await source('a.csv', '1,x\n2,y\n');
    const columns = [
      { name: 'id', type: 'integer' },
      { name: 'name', type: 'string' },
    ];
    expect(await rows('a.csv', { columns }, { options: { header: false } })).toEqual([
      { id: 1n, name: 'x' },
      { id: 2n, name: 'y' },
    ]);
  });

  it('takes an empty file, or a header alone, for no records where columns are declared', async () => {
    await source('a.csv', '');
    await source('b.csv', 'id\n');
    expect(await rows('a.csv', ID)).toEqual([]);
    expect(await rows('b.csv', ID)).toEqual([]);
    expect(await rows('b.csv')).toEqual([]);
    await expect(ingest('a.csv')).rejects.toMatchObject({
      code: 'EXEC_001_INGESTION_FAILED',
      message: expect.stringContaining('declare batch.columns'),
    });
  });

  it('reads a field of a megabyte, and sets aside a row with one of three', async () => {
    await source('a.csv', `id,name\n1,${'x'.repeat(2 ** 20)}\n2,${'x'.repeat(3 * 2 ** 20)}\n3,y\n`);
    const result = await ingest('a.csv');
    expect(result).toMatchObject({ records_processed: 3, records_failed: 1 });
    expect((await stages.rowsOf(result)).map(({ id }) => id)).toEqual([1n, 3n]);
    expect(JSON.stringify(await rejects()).length).toBeLessThan(70_000);
  });

  it('finds types only where all values have them, and keeps what begins with a zero as text', async () => {
    await source(
      'a.csv',
      'i,n,b,d,t,zip,mixed,none\n' +
        '-1,2.5,true,2024-02-29,2024-01-01T10:00:00,01234,1,\n' +
        '9,1e3,False,2024-01-01,2024-01-01 10:00:00.5,99999,x,\n' +
        ',,,,,,,\n',
    );
    const [first, second] = await rows('a.csv');
    expect(first).toEqual({
      i: -1n,
      n: 2.5,
      b: true,
      d: new Date('2024-02-29'),
      t: new Date('2024-01-01T10:00:00Z'),
      zip: '01234',
      mixed: '1',
      none: null,
    });
    expect(second).toMatchObject({ n: 1000, b: false, zip: '99999' });
  });

  it.each(['a.csv.gz', 'a.ndjson.gz'])('refuses a packed file that was cut off: %s', async (name) => {
    const lines = Array.from({ length: 20_000 }, (_, id) => `{"id":${String(id)},"v":${String(id * 7919)}}`);
    const packed = gzipSync(lines.join('\n'));
    await source(name, packed.subarray(0, packed.length / 2));
    await expect(ingest(name, ID)).rejects.toMatchObject({
      code: 'EXEC_001_INGESTION_FAILED',
      message: expect.stringContaining(`${name} cannot be unpacked`),
    });
  });

  it('refuses what unpacks to more than it may', async () => {
    await source('a.csv.gz', gzipSync(`id\n${'1\n'.repeat(100_000)}`));
    await expect(ingest('a.csv.gz', {}, { max_bytes: 1000 })).rejects.toThrow('source.max_bytes (1000)');
  });

  it('refuses Zstandard, whose end nobody would check', async () => {
    await source('a.csv.zst', 'x');
    await expect(ingest('a.csv.zst')).rejects.toMatchObject({ code: 'EXEC_005_INVALID_CONFIG' });
  });
});

describe('ALPHA, JSON', () => {
  it.each([
    ['an array', '[{"id":1},{"id":2}]'],
    ['an array after a byte order mark', '\ufeff [{"id":1},\n{"id":2}] \n'],
    ['objects after each other', '{"id":1}\n{"id":2}\n'],
  ])('reads %s', async (_name, text) => {
    await source('a.json', text);
    expect(await rows('a.json')).toEqual([{ id: 1n }, { id: 2n }]);
    expect(await rows('a.json', ID)).toEqual([{ id: 1n }, { id: 2n }]);
  });

  it.each(['[]', ' [ ]\n', '', '  '])('takes "%s" for no records', async (text) => {
    await source('a.json', text);
    expect(await rows('a.json', ID)).toEqual([]);
  });

  it.each([
    ['5', 'begins with "5"'],
    ['"x"', 'begins with """'],
    ['null', 'begins with "n"'],
    ['[1,2]', 'OBJECT'],
    ['[{"id":1},5]', 'OBJECT'],
    ['[{"id":1},', 'cut off'],
    ['[{"id":1}', 'cut off'],
    ['[{"id":1},,{"id":2}]', 'Malformed JSON'],
    ['[{"id":1}] x', 'cut off'],
  ])('refuses %s', async (text, reason) => {
    await source('a.json', text);
    await expect(ingest('a.json', ID)).rejects.toMatchObject({
      code: 'EXEC_001_INGESTION_FAILED',
      message: expect.stringContaining(reason),
    });
    await expect(ingest('a.json')).rejects.toMatchObject({ code: 'EXEC_001_INGESTION_FAILED' });
  });

  it('sets aside lines that are no object, with their numbers, and takes the others', async () => {
    await source(
      'a.ndjson',
      Buffer.concat([
        Buffer.from('\ufeff{"id":1}\n\n{"id":2,\n[3]\n5\n{"id":"'),
        Buffer.from([0xff]),
        Buffer.from('"}\r\n{"id":7,"t":"\\ud800"}\n{"id":8,"t":"\\ud83d\\ude00 \\\\ud800"}\n{"id":9}'),
      ]),
    );
    const result = await ingest('a.ndjson');
    expect(result).toMatchObject({ records_processed: 8, records_failed: 5 });
    expect(await stages.rowsOf(result)).toEqual([
      { id: 1n, t: null },
      { id: 8n, t: '😀 \\ud800' },
      { id: 9n, t: null },
    ]);
    expect(await rejects()).toEqual([
      { file: 'a.ndjson', line: 3, reason: 'is not JSON', record: '{"id":2,' },
      { file: 'a.ndjson', line: 4, reason: 'is not a JSON object', record: '[3]' },
      { file: 'a.ndjson', line: 5, reason: 'is not a JSON object', record: '5' },
      expect.objectContaining({ line: 6, reason: 'is not UTF-8' }),
      expect.objectContaining({ line: 7, reason: 'has half a surrogate pair' }),
    ]);
    await expect(ingest('a.ndjson', { max_rejected: 4 })).rejects.toThrow('batch.max_rejected (4)');
  });

  it('sets aside a line of 17 megabytes', async () => {
    await source('a.ndjson', `{"id":1}\n{"id":"${'x'.repeat(17 * 2 ** 20)}"}\n{"id":3}\n`);
    const result = await ingest('a.ndjson');
    expect(result).toMatchObject({ records_processed: 3, records_failed: 1 });
    expect(await rejects()).toMatchObject([{ line: 2, reason: 'is longer than 16777216 bytes' }]);
  });

  it('takes what only some of the files have', async () => {
    await source('a.ndjson', '{"id":1}\n');
    await source('b.ndjson', '{"id":2,"more":"x"}\n');
    expect(await rows('*.ndjson')).toEqual([
      { id: 1n, more: null },
      { id: 2n, more: 'x' },
    ]);
  });
});

describe('ALPHA, Parquet', () => {
  it('refuses a file that was cut off', async () => {
    await source('a.csv', 'id\n1\n');
    const { outputs } = await ingest('a.csv');
    const whole = await readFile(join(base, 'data', outputs?.['batch'] ?? ''));
    await source('whole.parquet', whole);
    expect(await rows('whole.parquet')).toEqual([{ id: 1n }]);
    await source('cut.parquet', whole.subarray(0, whole.length - 20));
    await expect(ingest('cut.parquet')).rejects.toMatchObject({ code: 'EXEC_001_INGESTION_FAILED' });
  });
});

describe('ALPHA, rules for columns', () => {
  const text = 'id,code,name\n1,A,x\n2,B,toolong\n2,A,y\n3,C,z\nx,A,x\n,A,x\n,A,x\n';

  it('checks values, lengths and repetition; a rejected record repeats nothing', async () => {
    await source('a.csv', `${text}4,D,toolong\n4,A,w\n`);
    const columns = [
      { name: 'id', type: 'integer', unique: true },
      { name: 'code', type: 'string', enum: ['A', 'B', 'D'] },
      { name: 'name', type: 'string', max_length: 6 },
    ];
    const result = await ingest('a.csv', { columns });
    expect(await stages.rowsOf(result)).toEqual([
      { id: 1n, code: 'A', name: 'x' },
      { id: 2n, code: 'A', name: 'y' },
      { id: null, code: 'A', name: 'x' },
      { id: null, code: 'A', name: 'x' },
      { id: 4n, code: 'A', name: 'w' },
    ]);
    expect(result.validation_results?.map(({ check, records_failed }) => [check, records_failed])).toEqual([
      ['column id', 1],
      ['column code', 1],
      ['column name', 2],
      ['well-formed rows', 0],
    ]);
  });

  it('keeps the first of those with the same value', async () => {
    await source('a.csv', 'id,n\n1,1\n2,2\n1,3\n1,4\n');
    const columns = [
      { name: 'id', type: 'integer', unique: true },
      { name: 'n', type: 'integer' },
    ];
    expect(await rows('a.csv', { columns })).toEqual([
      { id: 1n, n: 1n },
      { id: 2n, n: 2n },
    ]);
    expect(await rejects()).toMatchObject([
      { column: 'id', reason: 'is there already', record: { id: '1', n: '3' } },
      { column: 'id', reason: 'is there already', record: { id: '1', n: '4' } },
    ]);
  });

  it.each([['a.csv'], ['a.json'], ['a.ndjson']])(
    'drops, keeps or refuses columns that are not declared: %s',
    async (name) => {
      await source('a.csv', 'id,more\n1,2\n');
      await source('a.json', '[{"id":1,"more":2}]');
      await source('a.ndjson', '{"id":1,"more":2}\n');
      expect(await rows(name, ID)).toEqual([{ id: 1n }]);
      const [kept] = await rows(name, { ...ID, unknown_columns: 'KEEP' });
      expect(kept).toEqual({ id: 1n, more: name === 'a.csv' ? '2' : 2n });
      await expect(ingest(name, { ...ID, unknown_columns: 'REJECT' })).rejects.toMatchObject({
        code: 'EXEC_001_INGESTION_FAILED',
        message: expect.stringContaining('(unknown_columns: REJECT): more'),
      });
    },
  );

  it('names a value that is not of the type of the column', async () => {
    await source('a.csv', 'id\n1\n');
    const columns = [{ name: 'id', type: 'integer', enum: [1, 'x'] }];
    await expect(ingest('a.csv', { columns })).rejects.toMatchObject({
      code: 'EXEC_005_INVALID_CONFIG',
      message: expect.stringContaining('parameters.ALPHA.batch.columns.0.enum'),
    });
  });
});

describe('ALPHA, globs', () => {
  it('takes files in the order of their names, below any directory, by classes of characters', async () => {
    for (const name of ['2026/02/b1.csv', '2026/01/b2.csv', 'b3.csv', 'b9.csv', 'c1.csv'])
      await source(name, `id\n${/\d(?=\.csv)/.exec(name)?.[0] ?? ''}\n`);
    const ids = async (glob: string) => (await rows(glob)).map(({ id }) => Number(id));
    expect(await ids('**/b[1-3].csv')).toEqual([2, 1, 3]);
    expect(await ids('b[!9].csv')).toEqual([3]);
    expect(await ids('2026/*/b?.csv')).toEqual([2, 1]);
    await expect(ingest('**/z*.csv')).rejects.toThrow(
      'parameters.ALPHA.source.path: no file matches "**/z*.csv" in',
    );
  });

  it('refuses files of several formats', async () => {
    await source('a.csv', 'id\n1\n');
    await source('a.json', '[]');
    await expect(ingest('a.*')).rejects.toThrow('of several formats (CSV, JSON)');
  });
});
