import { PhiStoreError } from './errors.js';
import { Decoder, Encoder } from '@msgpack/msgpack';

import type { ExecutionRecord, HistoryEntry } from '@phi/core';

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
 * @throws PhiStoreError RECORD_DAMAGED when it cannot be read, UPGRADE_REQUIRED when a newer Phi wrote it
 */
export function decodeRecord(bytes: Uint8Array): ExecutionRecord {
  const values = readValues(bytes);
  if (values[0] !== SCHEMA_VERSION) {
    throw new PhiStoreError('UPGRADE_REQUIRED', 'decode-record', {
      schema_version: values[0],
      known: SCHEMA_VERSION,
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
    throw new PhiStoreError('RECORD_DAMAGED', 'decode-record', { bytes: bytes.byteLength }, cause);
  }
  throw new PhiStoreError('RECORD_DAMAGED', 'decode-record', { bytes: bytes.byteLength });
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
