import { DAY_SECONDS } from '../cron/civil-time.js';
import type { WallSeconds } from '../cron/civil-time.js';
import type { ExecutionWindow } from '../schema/execution-window.js';
import { WEEKDAYS } from '../schema/execution-window.js';

/** Seconds since Monday 00:00 of a week, `to` excluded. */
interface WeekSpan {
  readonly from: number;
  readonly to: number;
}

/** The open hours of the week that wall-clock times are looked up in, and those of the weeks beside it; sorted, apart. */
export type WeekSpans = readonly WeekSpan[];

/** The longest stretch of wall-clock time around a moment in which windows are open throughout, or closed; `to` excluded. */
export interface WallSpan {
  readonly open: boolean;
  readonly from: WallSeconds;
  readonly to: WallSeconds;
}

const WEEK_SECONDS = 7 * DAY_SECONDS;
/** 1970-01-01, which wall-clock time counts from, was a Thursday. */
const MONDAY = -3 * DAY_SECONDS;

/** What windows come to on the wall clock, whatever the zone: where they overlap or touch they are one. */
export function weekSpans(windows: readonly ExecutionWindow[]): WeekSpans {
  const week = windows.flatMap(({ start, end, days }) =>
    days.map((day) => daySpan(WEEKDAYS.indexOf(day), secondOfDay(start), secondOfDay(end))),
  );
  const weeks = [-WEEK_SECONDS, 0, WEEK_SECONDS].flatMap((shift) =>
    week.map(({ from, to }) => ({ from: from + shift, to: to + shift })),
  );
  return merge(weeks);
}

/** @param wall - whole seconds */
export function wallSpanAt(spans: WeekSpans, wall: WallSeconds): WallSpan {
  const monday = Math.floor((wall - MONDAY) / WEEK_SECONDS) * WEEK_SECONDS + MONDAY;
  const index = spans.findIndex(({ to }) => monday + to > wall);
  const [before, span] = [spans[index - 1], spans[index]];
  if (span === undefined) return { open: false, from: -Infinity, to: Infinity };
  if (monday + span.from > wall) {
    return { open: false, from: monday + (before?.to ?? -Infinity), to: monday + span.from };
  }
  // Only hours that leave nothing out reach around the week.
  const isAlways = span.to - span.from >= WEEK_SECONDS;
  return {
    open: true,
    from: isAlways ? -Infinity : monday + span.from,
    to: isAlways ? Infinity : monday + span.to,
  };
}

function daySpan(day: number, start: number, end: number): WeekSpan {
  const midnight = day * DAY_SECONDS;
  return { from: midnight + start, to: midnight + end + (end <= start ? DAY_SECONDS : 0) };
}

/** @param time - as in a definition that is valid: `06:00` */
function secondOfDay(time: string): number {
  const [hours, minutes] = time.split(':');
  return Number(hours) * 3600 + Number(minutes) * 60;
}

function merge(spans: readonly WeekSpan[]): WeekSpan[] {
  const merged: WeekSpan[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || last.to < span.from) merged.push(span);
    else merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
  }
  return merged;
}
