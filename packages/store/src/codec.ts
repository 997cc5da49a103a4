import { Decoder, Encoder } from '@msgpack/msgpack';

import { PhiError, type ExecutionRecord, type HistoryEntry } from '@phi/core';

import { RECORD_FIELDS, SCHEMA_VERSION } from './record-layout.js';

const encoder = new Encoder({ ignoreUndefined: true });
const decoder = new Decoder();

export function pack(value: unknown): Buffer {
  // A copy: the encoder uses its buffer again.
  return Buffer.from(encoder.encodeSharedRef(value));
}

export function unpack(bytes: Uint8Array): unknown {
  return decoder.decode(bytes);
}

/**
 * Reads a packed execution record.
 *
 * @throws PhiError STATE_002_QUEUE_STATE_CORRUPT, or STATE_004_RECORD_TOO_NEW when a newer Phi wrote it
 */
export function decodeRecord(bytes: Uint8Array): ExecutionRecord {
  const values = readValues(bytes);
  if (values[0] !== SCHEMA_VERSION) {
    throw new PhiError('STATE_004_RECORD_TOO_NEW', 'an execution record was written by a newer Phi', {
      operation: 'store.decode-record',
      data: { schema_version: values[0], known: SCHEMA_VERSION },
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
