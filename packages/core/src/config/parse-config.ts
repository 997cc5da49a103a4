import * as z from 'zod';
import { acceptsText } from '../errors/accepted.js';
import type { Problem } from '../errors/problem.js';
import { findProblems } from '../errors/zod-problems.js';
import { PARAMETER_NAMES, PARAMETERS, type ParameterName, type PhiConfig } from './parameters.js';

export type ConfigResult =
  | { readonly ok: true; readonly config: PhiConfig }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type Reading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const NUMBER = /^-?\d+(?:\.\d+)?$/;
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/**
 * Reads the configuration from texts, such as environment variables (specification: Configuration).
 * Names that are not parameters are left alone; what is not given has its default.
 *
 * @returns the configuration, or every parameter that is wrong, all at once
 */
export function parseConfig(texts: Readonly<Record<string, string | undefined>>): ConfigResult {
  const problems: Problem[] = [];
  const values = new Map<string, unknown>();
  for (const name of PARAMETER_NAMES) {
    const reading = read(name, texts[name]);
    if (reading.ok) values.set(name, reading.value);
    else problems.push(...reading.problems);
  }
  const config = Object.fromEntries(values) as unknown as PhiConfig;
  problems.push(...contradictions(config));
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems };
}

/** What a parameter accepts, as its text is written. */
export function acceptedByParameter(name: ParameterName): string {
  const { schema } = PARAMETERS[name];
  if (schema instanceof z.ZodBoolean) return 'true, false, 1 or 0';
  // A text cannot say null: that is what is not given.
  return acceptsText(schema instanceof z.ZodNullable ? schema.unwrap() : schema);
}

function read(name: ParameterName, text: string | undefined): Reading {
  const { schema, default: defaultValue } = PARAMETERS[name];
  if (text === undefined) return { ok: true, value: defaultValue };
  const value = fromText(schema, text.trim());
  if (value === undefined) {
    return {
      ok: false,
      problems: [
        {
          field: name,
          value: text,
          reason: `${JSON.stringify(text)} cannot be read`,
          accepted: acceptedByParameter(name),
        },
      ],
    };
  }
  const found = findProblems(schema, value).map(({ reason, value: wrong }) => ({
    field: name,
    value: text,
    reason: reason.startsWith('"') ? reason : `${JSON.stringify(wrong)} ${reason}`,
    accepted: acceptedByParameter(name),
  }));
  return found.length === 0 ? { ok: true, value } : { ok: false, problems: found };
}

/** The value that a text stands for; undefined where it stands for none of the right type. */
function fromText(schema: z.ZodType, text: string): unknown {
  if (schema instanceof z.ZodNullable) return fromText(schema.unwrap() as z.ZodType, text);
  if (schema instanceof z.ZodBoolean) return FLAGS.get(text.toLowerCase());
  if (schema instanceof z.ZodNumber) return NUMBER.test(text) ? Number(text) : undefined;
  if (schema instanceof z.ZodArray) return text === '' ? [] : text.split(',').map((item) => item.trim());
  return text;
}

function contradictions(config: Partial<PhiConfig>): Problem[] {
  const { RETRY_DEFAULT_INITIAL_DELAY_SECONDS: initial, RETRY_DEFAULT_MAX_DELAY_SECONDS: max } = config;
  if (initial === undefined || max === undefined || max >= initial) return [];
  return [
    {
      field: 'RETRY_DEFAULT_MAX_DELAY_SECONDS',
      value: max,
      reason: `${String(max)} is below RETRY_DEFAULT_INITIAL_DELAY_SECONDS`,
      accepted: `a whole number from ${String(initial)} to 86400`,
    },
  ];
}
