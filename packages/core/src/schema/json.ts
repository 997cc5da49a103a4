import * as z from 'zod';
import { acceptedTexts } from './field-types.js';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

export const MAX_PARAMETERS_BYTES = 256 * 1024;
export const MAX_JSON_DEPTH = 32;

/** Keys that would reach an object's prototype in a careless copy. */
export const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype'] as const;

export interface JsonFault {
  readonly path: (string | number)[];
  readonly reason: string;
  readonly accepted: string;
}

/** Why a value cannot be carried as JSON: the first fault of each kind of place, with its path. */
export function jsonFaults(value: unknown, path: (string | number)[] = []): JsonFault[] {
  if (path.length > MAX_JSON_DEPTH) {
    return [
      {
        path: path.slice(0, 1),
        reason: 'is nested too deeply',
        accepted: `at most ${String(MAX_JSON_DEPTH)} levels`,
      },
    ];
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return [];
  if (typeof value === 'number')
    return Number.isFinite(value) ? [] : [notJson(path, 'is not a finite number')];
  if (Array.isArray(value))
    return value.flatMap((item: unknown, index) => jsonFaults(item, [...path, index]));
  if (typeof value === 'object')
    return Object.entries(value).flatMap(([key, item]) => memberFaults(key, item, path));
  return [notJson(path, `is ${value === undefined ? 'undefined' : `a ${typeof value}`}`)];
}

function memberFaults(key: string, value: unknown, path: (string | number)[]): JsonFault[] {
  if ((FORBIDDEN_KEYS as readonly string[]).includes(key)) {
    return [
      {
        path: [...path, key],
        reason: 'is a key that is not allowed',
        accepted: `any key but ${FORBIDDEN_KEYS.join(', ')}`,
      },
    ];
  }
  return jsonFaults(value, [...path, key]);
}

function notJson(path: (string | number)[], reason: string): JsonFault {
  return { path, reason, accepted: 'a string, a finite number, true, false, null, a list or a mapping' };
}

/** UTF-8 length of a value's JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

function checkJsonObject(value: unknown, context: z.RefinementCtx, maxBytes: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    context.addIssue({ code: 'custom', message: 'is not a mapping' });
    return;
  }
  const faults = jsonFaults(value);
  for (const { path, reason, accepted } of faults)
    context.addIssue({ code: 'custom', path, message: reason, params: { accepted } });
  if (faults.length > 0 || jsonBytes(value) <= maxBytes) return;
  context.addIssue({
    code: 'custom',
    message: 'is too large',
    params: { accepted: `at most ${String(maxBytes)} bytes of JSON` },
  });
}

/**
 * A mapping of JSON values, taken as it is: bounded in size and depth, without keys that reach a prototype.
 *
 * @param maxBytes - of its JSON in UTF-8
 */
export function jsonObject(maxBytes: number = MAX_PARAMETERS_BYTES): z.ZodType<JsonObject, JsonObject> {
  const schema = z
    .unknown()
    .superRefine((value, context) => {
      checkJsonObject(value, context, maxBytes);
    })
    .register(acceptedTexts, { accepted: 'a mapping of names to JSON values' })
    .meta({ type: 'object', additionalProperties: true });
  return schema as unknown as z.ZodType<JsonObject, JsonObject>;
}

/** Any JSON value: bounded in depth, without keys that reach a prototype. */
export function jsonValue(): z.ZodType<JsonValue, JsonValue> {
  const schema = z.unknown().superRefine((value, context) => {
    for (const { path, reason, accepted } of jsonFaults(value))
      context.addIssue({ code: 'custom', path, message: reason, params: { accepted } });
  });
  return schema as unknown as z.ZodType<JsonValue, JsonValue>;
}
