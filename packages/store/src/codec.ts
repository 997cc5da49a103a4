import { createHash } from 'node:crypto';

import { Decoder, Encoder } from '@msgpack/msgpack';

import { PhiError, type CorruptionType, type ExecutionRecord, type HistoryEntry } from '@phi/core';

import { RECORD_FIELDS, SCHEMA_VERSION, UNSEALED_VERSION } from './record-layout.js';

const encoder = new Encoder({ ignoreUndefined: true });
const decoder = new Decoder();

export function pack(value: unknown): Buffer {
  // A copy: the encoder uses its buffer again.
  return Buffer.from(encoder.encodeSharedRef(value));
}

export function unpack(bytes: Uint8Array): unknown {
  return decoder.decode(bytes);
}

/** What begins a sealed value: a byte that MessagePack never uses, before eight characters of its checksum. See lua/lib/sealed.lua. */
const SEALED = 0xc1;

/** Packs what is read beside records, with its checksum. */
export function packSealed(value: unknown): Buffer {
  const body = pack(value);
  return Buffer.concat([Buffer.from([SEALED]), Buffer.from(checksumOf(body), 'latin1'), body]);
}

/** Reads what packSealed, or a build before it, has packed. @returns undefined where it is damaged */
export function unpackSealed(bytes: Uint8Array): unknown {
  try {
    if (bytes[0] !== SEALED) return tableIn(unpack(bytes));
    const body = bytes.subarray(SEAL_BYTES);
    const checksum = Buffer.from(bytes.subarray(1, SEAL_BYTES)).toString('latin1');
    return checksum === checksumOf(body) ? unpack(body) : undefined;
  } catch {
    return undefined;
  }
}

function tableIn(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? value : undefined;
}

/** The checksum at a record's end: the header of a text of eight characters, and these. See lua/lib/record.lua. */
const SEAL = 0xa8;
export const SEAL_BYTES = 9;

/**
 * Reads a packed execution record.
 *
 * @throws PhiError STATE_002_QUEUE_STATE_CORRUPT, or STATE_004_RECORD_TOO_NEW when a newer Phi wrote it
 */
export function decodeRecord(bytes: Uint8Array): ExecutionRecord {
  const isSealed = hasSeal(bytes);
  const values = readValues(isSealed ? bytes.subarray(0, -SEAL_BYTES) : bytes);
  const [version] = values;
  if (!isSealed && version !== UNSEALED_VERSION) throw damaged(bytes);
  if (version !== SCHEMA_VERSION && version !== UNSEALED_VERSION) {
    throw new PhiError('STATE_004_RECORD_TOO_NEW', 'an execution record was written by a newer Phi', {
      operation: 'store.decode-record',
      data: { schema_version: version, known: SCHEMA_VERSION },
    });
  }
  const record: Record<string, unknown> = {};
  for (const [index, name] of RECORD_FIELDS.entries()) {
    const value = values[index];
    if (value !== false && value !== undefined && value !== null) record[name] = value;
  }
  record['manual'] = record['manual'] === true;
  record['history'] = decodeHistory(record['history']);
  return record as unknown as ExecutionRecord;
}

/** The record, or nothing where it cannot be read: one that is damaged keeps nobody from seeing the others. */
export function readable(bytes: Uint8Array): ExecutionRecord[] {
  try {
    return [decodeRecord(bytes)];
  } catch (error) {
    if (error instanceof PhiError) return [];
    throw error;
  }
}

/** How a record is damaged that cannot be read: it breaks off, it is no packed values at all, or it is not what was written. */
export function corruptionOf(bytes: Uint8Array): CorruptionType {
  try {
    const [values] = [...decoder.decodeMulti(bytes)];
    return Array.isArray(values) ? 'CHECKSUM_MISMATCH' : 'DESERIALIZE_FAIL';
  } catch (error) {
    // What the decoder throws where it reads beyond the end.
    return error instanceof RangeError || bytes.byteLength === 0 ? 'PARTIAL_WRITE' : 'DESERIALIZE_FAIL';
  }
}

/** The packed values of a record with the checksum that ends it. */
export function sealed(body: Uint8Array): Buffer {
  return Buffer.concat([body, Buffer.from([SEAL]), Buffer.from(checksumOf(body), 'latin1')]);
}

function checksumOf(body: Uint8Array): string {
  return createHash('sha1')
    .update(body)
    .digest('hex')
    .slice(0, SEAL_BYTES - 1);
}

function hasSeal(bytes: Uint8Array): boolean {
  const end = bytes.byteLength - SEAL_BYTES;
  if (end < 0 || bytes[end] !== SEAL) return false;
  return Buffer.from(bytes.subarray(end + 1)).toString('latin1') === checksumOf(bytes.subarray(0, end));
}

function readValues(bytes: Uint8Array): unknown[] {
  try {
    const values = decoder.decode(bytes);
    if (Array.isArray(values)) return values;
  } catch (cause) {
    throw damaged(bytes, cause);
  }
  throw damaged(bytes);
}

function damaged(bytes: Uint8Array, cause?: unknown): PhiError {
  return new PhiError('STATE_002_QUEUE_STATE_CORRUPT', 'an execution record cannot be read', {
    operation: 'store.decode-record',
    data: { bytes: bytes.byteLength },
    cause,
  });
}

function decodeHistory(raw: unknown): HistoryEntry[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((entry: unknown) => {
    const [time, event, actor, , detail] = entry as [
      number,
      HistoryEntry['event'],
      string | false,
      unknown,
      string | false,
    ];
    return {
      time,
      event,
      actor: actor === false ? undefined : actor,
      detail: detail === false ? undefined : detail,
    };
  });
}
