import { join } from 'node:path';
import { csvRecords, field } from './csv-records.js';

/** What is expected of one month; temperatures in °C, precipitation in millimetres. */
export interface WeatherMonth {
  days: number;
  rainy_days: number;
  precipitation: number;
  total_temp_max: number;
  lowest_temp: number;
}

export interface ExpectedWeather {
  readonly days: number;
  /** By `YYYY-MM`. */
  readonly months: ReadonlyMap<string, WeatherMonth>;
}

const empty = (): WeatherMonth => ({
  days: 0,
  rainy_days: 0,
  precipitation: 0,
  total_temp_max: 0,
  lowest_temp: Infinity,
});

/**
 * The numbers that the weather pipeline must come to, computed without the database it runs on.
 *
 * @param sourceDir where seattle-weather.csv is
 */
export const expectedWeather = async (sourceDir: string): Promise<ExpectedWeather> => {
  const months = new Map<string, WeatherMonth>();
  let days = 0;
  for await (const record of csvRecords(join(sourceDir, 'seattle-weather.csv'))) {
    const key = field(record, 'date').slice(0, 7);
    const month = months.get(key) ?? empty();
    months.set(key, month);
    days += 1;
    month.days += 1;
    if (field(record, 'weather') === 'rain') month.rainy_days += 1;
    month.precipitation += Number(field(record, 'precipitation'));
    month.total_temp_max += Number(field(record, 'temp_max'));
    month.lowest_temp = Math.min(month.lowest_temp, Number(field(record, 'temp_min')));
  }
  return { days, months };
};
