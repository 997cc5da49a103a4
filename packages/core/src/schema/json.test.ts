import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonFaults, jsonObject, MAX_JSON_DEPTH } from './json.js';

const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
const accepts = (value: unknown, maxBytes?: number): boolean => jsonObject(maxBytes).safeParse(value).success;

describe('jsonObject', () => {
  it('takes every mapping of JSON values as it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/"(?:__proto__|constructor|prototype)":/.test(text));
        expect(jsonObject().parse(JSON.parse(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('takes 32 levels and not one more', () => {
    expect(accepts(nested(MAX_JSON_DEPTH))).toBe(true);
    expect(accepts(nested(MAX_JSON_DEPTH + 1))).toBe(false);
  });

  it('takes as many bytes as it may and not one more', () => {
    expect(accepts({ a: 'éé' }, 12)).toBe(true);
    expect(accepts({ a: 'éé' }, 11)).toBe(false);
  });

  it.each(['__proto__', 'constructor', 'prototype'])(
    'refuses the key %s at any level, and names where it is',
    (key) => {
      const value: unknown = JSON.parse(`{"a": [{"${key}": 1}]}`);
      expect(jsonFaults(value)).toEqual([expect.objectContaining({ path: ['a', 0, key] })]);
      expect(accepts(value)).toBe(false);
    },
  );

  it.each([[[]], [null], ['text'], [undefined], [{ a: Number.NaN }], [{ a: 1n }], [{ a: undefined }]])(
    'refuses %p',
    (value) => {
      expect(accepts(value)).toBe(false);
    },
  );
});
