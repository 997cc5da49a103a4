import {
  DEFAULT_GLOBAL_MAX_CONCURRENT,
  EXECUTION_ID_LENGTH,
  EXECUTION_NOTES,
  EXECUTION_STATUSES,
  TERMINAL_STATUSES,
  TRANSITIONS,
} from '@phi/core';

import { CHAIN_FIELDS, RECORD_FIELDS, SCHEMA_VERSION, UNSEALED_VERSION } from './record-layout.js';
import { LEDGER_ENTRIES_KEPT } from './schedule-codec.js';

/** The tables that the scripts share with TypeScript, as lua/lib/generated.lua. */
export function renderGeneratedLua(): string {
  return [
    '-- Generated from the transition table in @phi/core and the record layout of this package. Do not edit.',
    '',
    'local generated = {',
    `  schema_version = ${String(SCHEMA_VERSION)},`,
    `  unsealed_version = ${String(UNSEALED_VERSION)},`,
    `  record_fields = ${String(RECORD_FIELDS.length)},`,
    `  default_global_limit = ${String(DEFAULT_GLOBAL_MAX_CONCURRENT)},`,
    `  ledger_entries_kept = ${String(LEDGER_ENTRIES_KEPT)},`,
    `  execution_id_length = ${String(EXECUTION_ID_LENGTH)},`,
    `  fields_of_a_chain = ${list(CHAIN_FIELDS)},`,
    `  notes = { ${EXECUTION_NOTES.map((note) => `${note} = true`).join(', ')} },`,
    `  terminal = { ${TERMINAL_STATUSES.map((status) => `${status} = true`).join(', ')} },`,
    '  transitions = {',
    ...EXECUTION_STATUSES.flatMap(transitionsFrom),
    '  },',
    '}',
    '',
    ...recordFunctions(),
    '',
  ].join('\n');
}

/** Written out field by field: a table of the right size at once takes less than half of what a loop over the names does. */
function recordFunctions(): string[] {
  const read = RECORD_FIELDS.map((name, index) => `    ${name} = values[${String(index + 1)}],`);
  const written = RECORD_FIELDS.map((name) => `    x.${name} or false,`);
  return [
    '-- A record from its values in their order.',
    'function generated.to_record(values)',
    '  return {',
    ...read,
    '  }',
    'end',
    '',
    '-- The values of a record; what it has not is false.',
    'function generated.to_values(x)',
    '  return {',
    ...written,
    '  }',
    'end',
  ];
}

function transitionsFrom(status: string): string[] {
  const rows = TRANSITIONS.filter((transition) => transition.from === status);
  if (rows.length === 0) return [];
  const lines = rows.map((row) => `      ${row.event} = { to = '${row.to}', guard = '${row.guard}' },`);
  return [`    ${status} = {`, ...lines, '    },'];
}

function list(names: readonly string[]): string {
  return `{ ${names.map((name) => `'${name}'`).join(', ')} }`;
}
