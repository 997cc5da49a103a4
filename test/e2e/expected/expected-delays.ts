import { join } from 'node:path';
import { decompress } from 'fzstd';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { csvRecords, field } from './csv-records.js';

/** What is expected of one airport and hour of departure; delays are in minutes. */
export interface DelayGroup {
  readonly name: string;
  readonly city: string;
  readonly state: string;
  flights: number;
  total_delay: number;
  /** Flights more than 15 minutes late. */
  late: number;
}

export interface ExpectedDelays {
  readonly flights: number;
  readonly airports: number;
  /** Flights whose origin is a known airport. */
  readonly joined: number;
  /** By `<airport> <hour>`. */
  readonly groups: ReadonlyMap<string, DelayGroup>;
}

type Airports = ReadonlyMap<string, { readonly name: string; readonly city: string; readonly state: string }>;

const LATE_MINUTES = 15;
const FLIGHT_COLUMNS = ['date', 'delay', 'origin'];

const readAirports = async (path: string): Promise<Airports> => {
  const airports = new Map<string, { name: string; city: string; state: string }>();
  for await (const record of csvRecords(path)) {
    const [name, city, state] = [field(record, 'name'), field(record, 'city'), field(record, 'state')];
    airports.set(field(record, 'iata'), { name, city, state });
  }
  return airports;
};

class DelayTally {
  readonly groups = new Map<string, DelayGroup>();
  flights = 0;
  joined = 0;

  constructor(readonly airports: Airports) {}

  add([date, delay, origin]: readonly unknown[]): void {
    this.flights += 1;
    const airport = this.airports.get(String(origin));
    if (airport === undefined) return;
    if (!(date instanceof Date)) throw new Error(`a flight without a date: ${String(date)}`);
    this.joined += 1;
    const key = `${String(origin)} ${String(date.getUTCHours())}`;
    const group = this.groups.get(key) ?? { ...airport, flights: 0, total_delay: 0, late: 0 };
    this.groups.set(key, group);
    group.flights += 1;
    group.total_delay += Number(delay);
    if (Number(delay) > LATE_MINUTES) group.late += 1;
  }
}

/** Row group by row group, so that three million rows never stand in memory at once. */
const readFlights = async (path: string, onRow: (row: readonly unknown[]) => void): Promise<void> => {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const compressors = {
    ZSTD: (input: Uint8Array, length: number): Uint8Array => decompress(input, new Uint8Array(length)),
  };
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    await parquetRead({
      file,
      metadata,
      compressors,
      columns: FLIGHT_COLUMNS,
      rowStart,
      rowEnd,
      onComplete: (rows) => {
        for (const row of rows as unknown[][]) onRow(row);
      },
    });
    rowStart = rowEnd;
  }
};

/**
 * The numbers that the flights pipeline must come to, computed without the database it runs on.
 *
 * @param sourceDir where flights-3m.parquet and airports.csv are
 */
export const expectedDelays = async (sourceDir: string): Promise<ExpectedDelays> => {
  const airports = await readAirports(join(sourceDir, 'airports.csv'));
  const tally = new DelayTally(airports);
  await readFlights(join(sourceDir, 'flights-3m.parquet'), (row) => {
    tally.add(row);
  });
  return { flights: tally.flights, airports: airports.size, joined: tally.joined, groups: tally.groups };
};
