import type { WorkBudget } from '../bounds/work-budget.js';
import { isValidTimezone, offsetSecondsAt } from '../cron/zone-offset.js';
import { EXHAUSTED, Fault } from './fault.js';
import { method, type FunctionRow } from './function-row.js';
import type { Timestamp } from './kind.js';

const DAY_MS = 86_400_000;

/** Asking what a time zone's clock shows; the first time for a zone is dear. */
const ZONE_STEPS = 2000;

/** What a clock and a calendar show. The date carries it in its fields for UTC, whatever the zone. */
const CLOCK: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

/** Milliseconds of the units that a duration can be asked for in whole. */
const LENGTH: Readonly<Record<string, number>> = {
  getHours: 3_600_000,
  getMinutes: 60_000,
  getSeconds: 1000,
  getMilliseconds: 1,
};

/** What may be asked of times; months and days of the month count from 0, as CEL has them, save for getDate. */
export const TIME_FUNCTIONS: readonly FunctionRow[] = [
  ...Object.entries(CLOCK).flatMap(([name, read]) => [
    method('timestamp', name, [], 'int', ([{ epochMs }]) => BigInt(read(new Date(epochMs)))),
    method('timestamp', name, ['string'], 'int', ([time, zone], budget) => inZone(time, zone, read, budget)),
  ]),
  ...Object.entries(LENGTH).map(([name, unit]) =>
    method('duration', name, [], 'int', ([{ milliseconds }]) => BigInt(Math.trunc(milliseconds / unit))),
  ),
];

function inZone(
  { epochMs }: Timestamp,
  zone: string,
  read: (date: Date) => number,
  budget: WorkBudget,
): bigint | Fault {
  if (!budget.spend(ZONE_STEPS)) return EXHAUSTED;
  if (!isValidTimezone(zone)) return new Fault('the time zone is not known');
  return BigInt(read(new Date(epochMs + offsetSecondsAt(zone, epochMs) * 1000)));
}
