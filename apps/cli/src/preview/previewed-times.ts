import type { PreviewedTime } from '@phi/core';

import type { Context } from '../context.js';
import { formatRelative } from '../output/duration.js';
import { table } from '../output/table.js';

interface TimeNote {
  /** ISO 8601. */
  readonly time: string;
  readonly note: string;
}

/** The times of a schedule as programs read them, and what is to be said about some of them. */
export interface PreviewedTimes {
  /** ISO 8601. */
  readonly next: readonly string[];
  /** Left out where there is nothing to say. */
  readonly notes?: readonly TimeNote[] | undefined;
}

export function previewedTimes(times: readonly PreviewedTime[]): PreviewedTimes {
  const notes = times.flatMap((time) =>
    time.note === undefined ? [] : [{ time: isoTime(time.time_ms), note: time.note }],
  );
  return {
    next: times.map(({ time_ms }) => isoTime(time_ms)),
    ...(notes.length > 0 && { notes }),
  };
}

/** The same for people: on the wall clock of the zone, and seen from now. */
export function timesTable({ next, notes = [] }: PreviewedTimes, timezone: string, { now }: Context): string {
  if (next.length === 0) return 'it never fires again';
  const wall = wallClock(timezone);
  const noteOn = new Map(notes.map(({ time, note }) => [time, note]));
  const rows = next.map((time) => [wall(time), time, formatRelative(time, now()), noteOn.get(time)]);
  return table([timezone, 'INSTANT', '', ''], rows);
}

/** Writes an instant as the wall clock of a zone shows it: `2026-03-08 03:00:00`. */
export function wallClock(timezone: string): (instant: string) => string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return (instant) => format.format(Date.parse(instant));
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
