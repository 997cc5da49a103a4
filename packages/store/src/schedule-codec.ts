import {
  PhiError,
  TICK_OUTCOMES,
  type LedgerEntry,
  type Pause,
  type ScheduleState,
  type SweptMark,
  type TickOutcome,
} from '@phi/core';

import { packSealed, unpack, unpackSealed } from './codec.js';

/** Entries of a ledger that are kept; the oldest go first. */
export const LEDGER_ENTRIES_KEPT = 1000;

type Fields = Readonly<Record<string, Buffer>>;

/** A schedule's hash, see lua/lib/tick.lua; undefined where there is none. */
export function decodeSchedule(fields: Fields): ScheduleState | undefined {
  if (fields['job_id'] === undefined) return undefined;
  return {
    job_id: String(fields['job_id']),
    revision: Number(fields['revision'] ?? 0),
    in_force: fields['digest'] !== undefined,
    anchor_ms: Number(fields['anchor'] ?? 0),
    rev: Number(fields['rev'] ?? 0),
    pauses: decodePauses(fields['pauses']) ?? [],
    counts: decodeCounts(fields),
    ...(fields['next'] === undefined ? {} : { next_ms: Number(fields['next']) }),
    ...(fields['last'] === undefined ? {} : { last_ms: Number(fields['last']) }),
    ...(fields['held'] === undefined ? {} : { held: String(fields['held']) }),
    ...(fields['invalid'] === undefined ? {} : { invalid: String(fields['invalid']) }),
  };
}

function decodeCounts(fields: Fields): ScheduleState['counts'] {
  return Object.fromEntries(
    TICK_OUTCOMES.flatMap((outcome) =>
      fields[outcome] === undefined ? [] : [[outcome, Number(fields[outcome])]],
    ),
  );
}

/** @returns undefined where they cannot be read */
export function decodePauses(packed: Buffer | null | undefined): Pause[] | undefined {
  if (packed === null || packed === undefined) return [];
  const pauses = unpackSealed(packed) as [number, number | false][] | undefined;
  return pauses?.map(([from_ms, until_ms]) => (until_ms === false ? { from_ms } : { from_ms, until_ms }));
}

/**
 * An entry of a ledger, see lua/lib/ledger.lua.
 *
 * @throws PhiError STATE_002_QUEUE_STATE_CORRUPT
 */
export function decodeEntry(packed: Buffer): LedgerEntry {
  const values = readValues(packed);
  if (values[0] === 'BEGIN') {
    const [, from_ms, anchor_ms, revision, job_id] = values as ['BEGIN', number, number, number, string];
    return { kind: 'BEGIN', from_ms, anchor_ms, revision, job_id };
  }
  if (values[0] === 'END') {
    const [, at_ms, why, job_id] = values as ['END', number, string, string];
    return { kind: 'END', at_ms, why, job_id };
  }
  return decodeRun(values);
}

function readValues(packed: Buffer): readonly unknown[] {
  try {
    const values = unpack(packed);
    if (Array.isArray(values)) return values;
  } catch (cause) {
    throw damaged(packed, cause);
  }
  throw damaged(packed);
}

function damaged(packed: Buffer, cause?: unknown): PhiError {
  return new PhiError('STATE_002_QUEUE_STATE_CORRUPT', 'an entry of a tick ledger cannot be read', {
    operation: 'store.decode-ledger-entry',
    data: { bytes: packed.byteLength },
    cause,
  });
}

function decodeRun(values: readonly unknown[]): LedgerEntry {
  const [outcome, first_ms, last_ms, count, revision, reason, detail] = values as [
    TickOutcome,
    number,
    number,
    number,
    number,
    string | false,
    string | false,
  ];
  const run = { kind: 'RUN', outcome, first_ms, last_ms, count, revision } as const;
  return { ...run, ...(reason === false ? {} : { reason }), ...(detail === false ? {} : { detail }) };
}

/** Of a schedule's hash: small values keep it small. */
export function decodeSwept(fields: Fields): SweptMark | undefined {
  if (fields['swept'] === undefined) return undefined;
  // What cannot be read is swept anew.
  const swept = unpackSealed(fields['swept']) as [number, number, number] | undefined;
  if (swept === undefined) return undefined;
  const [first_ms, last_ms, count] = swept;
  return { first_ms, last_ms, count };
}

export function encodeSwept({ first_ms, last_ms, count }: SweptMark): Buffer {
  return packSealed([first_ms, last_ms, count]);
}
