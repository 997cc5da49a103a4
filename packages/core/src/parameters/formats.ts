import { fullFormats } from 'ajv-formats/dist/formats.js';
import { compilePattern } from '../bounds/compile-pattern.js';

/** Longer texts have none of the formats: some of them are read by expressions that backtrack. */
const MAX_FORMATTED_LENGTH = 2048;

/** Taken as ajv-formats has them. */
const TEXT_FORMATS = [
  'date',
  'time',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uri-reference',
  'uri-template',
  'uuid',
  'json-pointer',
  'relative-json-pointer',
] as const;

/** Whether a text has a format (JSON Schema: "Defined Formats"). */
export const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ...TEXT_FORMATS.map((name): [string, (text: string) => boolean] => [name, shortOnly(predicateOf(name))]),
  ['regex', (text: string) => compilePattern(text, 'ECMA').ok],
]);

function shortOnly(hasFormat: (text: string) => boolean): (text: string) => boolean {
  return (text) => text.length <= MAX_FORMATTED_LENGTH && hasFormat(text);
}

function predicateOf(name: (typeof TEXT_FORMATS)[number]): (text: string) => boolean {
  const format: unknown = fullFormats[name];
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === 'function') return format as (text: string) => boolean;
  return (format as { validate: (text: string) => boolean }).validate;
}
