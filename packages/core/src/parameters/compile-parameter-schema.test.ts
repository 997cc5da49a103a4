import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { JsonObject } from '../schema/json.js';
import { compileParameterSchema, type ParameterSchema } from './compile-parameter-schema.js';

const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';

function compile(schema: object): ParameterSchema {
  const compiled = compileParameterSchema(schema);
  if (!compiled.ok)
    throw new Error(compiled.problems.map(({ path, reason }) => `${path.join('/')} ${reason}`).join());
  return compiled.schema;
}

const repeat = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('compileParameterSchema refuses', () => {
  it.each<[what: string, schema: unknown, path: (string | number)[], reason: string]>([
    [
      'a type that does not exist',
      { properties: { a: { type: 'strin' } } },
      ['properties', 'a', 'type'],
      'is not one of the values allowed',
    ],
    [
      'a bound that is a text',
      { properties: { a: { minimum: '1' } } },
      ['properties', 'a', 'minimum'],
      'is a text',
    ],
    ['a list of names that is a text', { required: 'a' }, ['required'], 'is a text'],
    ['a schema that is a number', { properties: { a: 1 } }, ['properties', 'a'], 'is a whole number'],
    [
      'a keyword misspelt',
      { properties: { a: { minimun: 1 } } },
      ['properties', 'a', 'minimun'],
      'is not a keyword of JSON Schema 2020-12 that is supported; did you mean minimum?',
    ],
    [
      'a keyword of another draft',
      { dependencies: { a: ['b'] } },
      ['dependencies'],
      'is not a keyword of JSON Schema 2020-12 that is supported',
    ],
    ['items as a list', { properties: { a: { items: [{}] } } }, ['properties', 'a', 'items'], 'is a list'],
    [
      'a format misspelt',
      { properties: { a: { format: 'e-mail' } } },
      ['properties', 'a', 'format'],
      'is not a known format; did you mean email?',
    ],
    [
      'a pattern that is none',
      { properties: { a: { pattern: '(a' } } },
      ['properties', 'a', 'pattern'],
      'is not a pattern: missing closing ): `(a`',
    ],
    [
      'a lookahead',
      { properties: { a: { pattern: '(?=a)' } } },
      ['properties', 'a', 'pattern'],
      'is not a pattern: invalid or unsupported Perl syntax: `(?=`',
    ],
    [
      'a pattern of names that is none',
      { patternProperties: { '(a': {} } },
      ['patternProperties', '(a'],
      'is not a pattern: missing closing ): `(a`',
    ],
    [
      'a reference to elsewhere',
      { properties: { a: { $ref: 'https://example.com/a.json' } } },
      ['properties', 'a', '$ref'],
      'refers to something outside of the schema',
    ],
    [
      'a reference to a file',
      { properties: { a: { $ref: 'other.json#/a' } } },
      ['properties', 'a', '$ref'],
      'refers to something outside of the schema',
    ],
    [
      'a reference to nothing',
      { properties: { a: { $ref: '#/$defs/none' } } },
      ['properties', 'a', '$ref'],
      'refers to no part of the schema',
    ],
    [
      'a reference to what is no schema',
      { $defs: {}, properties: { a: { $ref: '#/$defs' } } },
      ['properties', 'a', '$ref'],
      'refers to no part of the schema',
    ],
    [
      'a reference into a default',
      { default: { a: {} }, properties: { a: { $ref: '#/default/a' } } },
      ['properties', 'a', '$ref'],
      'refers to no part of the schema',
    ],
    [
      'an identifier within',
      { properties: { a: { $id: 'a' } } },
      ['properties', 'a', '$id'],
      'is not a keyword of JSON Schema 2020-12 that is supported',
    ],
    ['a schema that refers to itself', { $ref: '#' }, [], 'refers to itself without end'],
    [
      'parts that refer to one another',
      {
        allOf: [{ $ref: '#/$defs/a' }],
        $defs: { a: { anyOf: [{ $ref: '#/$defs/b' }] }, b: { $ref: '#/$defs/a' } },
      },
      [],
      'refers to itself without end',
    ],
    [
      'another draft',
      { $schema: 'http://json-schema.org/draft-04/schema#' },
      ['$schema'],
      'is not a draft that is supported',
    ],
    ['a text', 'text', [], 'is not a mapping'],
    ['a list', [], [], 'is not a mapping'],
    ['null', null, [], 'is not a mapping'],
    [
      'a key that reaches a prototype',
      JSON.parse('{"properties": {"__proto__": {}}}'),
      ['properties', '__proto__'],
      'is a key that is not allowed',
    ],
    [
      'too many levels',
      repeat(40, (n) => n).reduce<object>((inner) => ({ not: inner }), {}),
      ['not'],
      'is nested too deeply',
    ],
    ['too many bytes', { description: 'x'.repeat(64 * 1024) }, [], 'is too large'],
    ['too many parts', { allOf: repeat(501, () => ({})) }, [], 'has too many parts'],
    [
      'too many patterns',
      { allOf: repeat(101, (n) => ({ pattern: `a${String(n)}` })) },
      [],
      'has too many patterns',
    ],
  ])('%s', (_what, schema, path, reason) => {
    const compiled = compileParameterSchema(schema);
    expect(compiled).toEqual({
      ok: false,
      problems: [{ path, reason, accepted: expect.stringMatching(/./) }],
    });
  });

  it('everything at once, each at its place', () => {
    const compiled = compileParameterSchema({
      requird: ['a'],
      properties: { a: { type: 'text' }, b: { pattern: '[' }, c: { $ref: '#/c' } },
    });
    const places = compiled.ok ? [] : compiled.problems.map(({ path }) => path.join('/'));
    expect(places.sort()).toEqual([
      'properties/a/type',
      'properties/b/pattern',
      'properties/c/$ref',
      'requird',
    ]);
  });
});

describe('compileParameterSchema takes', () => {
  it.each([
    ['nothing to check', {}],
    ['references to its parts', { properties: { a: { $ref: '#/$defs/a~1b%20c' } }, $defs: { 'a/b c': {} } }],
    ['references to itself, a level deeper', { properties: { next: { $ref: '#' } } }],
    ['anchors', { properties: { a: { $ref: '#here' } }, $defs: { a: { $anchor: 'here' } } }],
    [
      'annotations',
      {
        $id: 'urn:x',
        title: 'a',
        description: 'b',
        examples: [{}],
        default: {},
        $comment: 'c',
        'x-order': 1,
      },
    ],
    [
      'draft 2020-12',
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        prefixItems: [{}],
        dependentRequired: { a: ['b'] },
      },
    ],
    [
      'draft-07',
      {
        $schema: DRAFT_07,
        items: [{}],
        additionalItems: false,
        definitions: { a: {} },
        dependencies: { a: ['b'], c: {} },
      },
    ],
    ['true and false', { properties: { a: true, b: false } }],
  ])('%s', (_what, schema) => {
    expect(compileParameterSchema(schema)).toMatchObject({ ok: true });
  });

  it('the same schema once', () => {
    const schema = (): object => ({ properties: { once: { type: 'string' } } });
    expect(compileParameterSchema(schema())).toBe(compileParameterSchema(schema()));
  });
});

describe('check', () => {
  const schema = compile({
    required: ['region'],
    additionalProperties: false,
    properties: {
      region: { enum: ['eu', 'us'] },
      limit: { type: 'integer', minimum: 1, maximum: 10 },
      ratio: { type: ['number', 'null'], exclusiveMinimum: 0, multipleOf: 0.1 },
      contact: { type: 'string', format: 'email' },
      code: { type: 'string', pattern: '^[A-Z]{3}$' },
      tags: { type: 'array', items: { type: 'string', minLength: 2 }, uniqueItems: true, maxItems: 3 },
      target: {
        anyOf: [
          { type: 'string' },
          { type: 'object', required: ['path'], properties: { path: { type: 'string' } } },
        ],
      },
      mode: { const: 'fast' },
      never: false,
    },
  });

  it.each<[parameters: JsonObject, ...problems: string[]]>([
    [
      {
        region: 'eu',
        limit: 2,
        ratio: 0.3,
        contact: 'a@example.com',
        code: 'ABC',
        tags: ['aa', 'bb'],
        target: { path: 'x' },
        mode: 'fast',
      },
    ],
    [{ region: 'us', ratio: null, target: 'x' }],
    [{}, 'region: is required; "eu", "us"'],
    [{ region: 'asia' }, 'region: is not one of the values allowed; "eu", "us"'],
    [
      { region: 'eu', limt: 1 },
      'limt: is not known to parameter_schema; did you mean limit?; region, limit, ratio, contact, code, tags, target, mode, never',
    ],
    [{ region: 'eu', limit: '3' }, 'limit: is a text; a whole number from 1 to 10'],
    [{ region: 'eu', limit: 1.5 }, 'limit: is a fraction; a whole number from 1 to 10'],
    [{ region: 'eu', limit: 0 }, 'limit: is too small; a whole number from 1 to 10'],
    [{ region: 'eu', ratio: 0 }, 'ratio: is too small; a number or null above 0 that is a multiple of 0.1'],
    [
      { region: 'eu', ratio: 0.25 },
      'ratio: is not such a multiple; a number or null above 0 that is a multiple of 0.1',
    ],
    [{ region: 'eu', contact: 'nobody' }, 'contact: does not have the format; a text in the format email'],
    [{ region: 'eu', code: 'abc' }, 'code: does not match the pattern; a text that matches ^[A-Z]{3}$'],
    [
      { region: 'eu', tags: ['aa', 'b', 7] },
      'tags.1: is too short; a text of at least 2 characters',
      'tags.2: is a whole number; a text of at least 2 characters',
    ],
    [
      { region: 'eu', tags: ['aa', 'bb', 'aa'] },
      'tags: repeats an entry; a list of at most 3 entries without repetitions',
    ],
    [{ region: 'eu', target: 7 }, 'target: is none of the alternatives; a text; or a mapping'],
    [{ region: 'eu', target: {} }, 'target: is none of the alternatives; a text; or a mapping'],
    [{ region: 'eu', mode: 'slow' }, 'mode: is not the value allowed; "fast"'],
    [{ region: 'eu', never: 1 }, 'never: is not allowed; the parameter left out'],
    [
      { limit: null, mode: 1 },
      'region: is required; "eu", "us"',
      'limit: is null; a whole number from 1 to 10',
      'mode: is not the value allowed; "fast"',
    ],
  ])('%j', (parameters, ...problems) => {
    const found = schema
      .check(parameters)
      .map(({ path, reason, accepted }) => `${path.join('.')}: ${reason}; ${accepted}`);
    expect(found.sort()).toEqual(problems.sort());
  });

  it('never quotes a parameter: it may be a secret', () => {
    const secret = 'hunter2';
    const parameters = {
      region: secret,
      limit: secret,
      contact: secret,
      code: secret,
      tags: secret,
      target: [secret],
      mode: secret,
    };
    expect(JSON.stringify(schema.check(parameters))).not.toContain(secret);
  });

  it('takes names that every object inherits for names', () => {
    const inherited = compile({
      required: ['toString', 'valueOf'],
      properties: { toString: { type: 'integer' } },
      additionalProperties: false,
    });
    expect(inherited.check({}).map(({ path }) => path)).toEqual([['toString'], ['valueOf']]);
    expect(inherited.check({ toString: 1, hasOwnProperty: 2 }).map(({ path }) => path)).toEqual([
      ['valueOf'],
      ['hasOwnProperty'],
    ]);
  });

  it('reads draft-07 as it was', () => {
    const old = compile({
      $schema: DRAFT_07,
      properties: {
        pair: { items: [{ type: 'string' }, { $ref: '#/definitions/n' }], additionalItems: false },
      },
      definitions: { n: { type: 'number' } },
      dependencies: { a: ['b'] },
    });
    expect(old.check({ pair: ['x', 1] })).toEqual([]);
    expect(
      old
        .check({ pair: ['x', 'y', 1], a: 1 })
        .map(({ path }) => path.join('.'))
        .sort(),
    ).toEqual(['b', 'pair', 'pair.1']);
  });

  it('finds what plain ajv finds', () => {
    const scalar = fc.constantFrom<unknown>(
      true,
      false,
      { type: 'string' },
      { type: 'integer' },
      { enum: ['a', 1, null] },
      { const: 2 },
      { minimum: 1 },
      { maxLength: 1 },
      { pattern: '^a' },
      { not: { type: 'string' } },
      { $ref: '#/$defs/text' },
    );
    const part = fc.letrec((tie) => ({
      part: fc.oneof(
        { maxDepth: 3 },
        scalar,
        fc
          .array(tie('part'), { minLength: 1, maxLength: 2 })
          .chain((parts) => fc.constantFrom({ allOf: parts }, { anyOf: parts }, { oneOf: parts })),
        fc.record({
          properties: fc.dictionary(fc.constantFrom('a', 'b'), tie('part')),
          additionalProperties: tie('part'),
          required: fc.constantFrom([], ['a']),
        }),
        fc.record({ items: tie('part'), uniqueItems: fc.boolean(), minItems: fc.constantFrom(0, 1) }),
        fc.tuple(tie('part'), tie('part')).map(([a, b]) => ({ if: a, else: b })),
      ),
    })).part as fc.Arbitrary<object>;
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<unknown>('a', 'ab', 'b', 0, 1, 2, 1.5, null, true),
        fc.array(tie('value'), { maxLength: 3 }),
        // As JSON is read: ajv tells an object without a prototype from one with it.
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(part, value, (tested, given) => {
        const whole = { properties: { x: tested }, $defs: { text: { type: 'string' } } };
        const isValid = new Ajv2020({ strict: false }).validate(whole, { x: given });
        expect(compile(whole).check({ x: given }).length === 0).toBe(isValid);
      }),
      { numRuns: 150 },
    );
  });
});

describe('checkOne', () => {
  it('checks a parameter by itself: by its name, by a pattern, or as one of the others', () => {
    const schema = compile({
      required: ['missing'],
      properties: { a: { type: 'string' }, never: false },
      patternProperties: { '^n_': { type: 'number' } },
      additionalProperties: { $ref: '#/$defs/flag' },
      $defs: { flag: { type: 'boolean' } },
    });
    const found = (name: string, value: unknown): string[] =>
      schema.checkOne(name, value).map(({ path, reason }) => `${path.join('.')} ${reason}`);
    expect([found('a', 'x'), found('n_1', 2), found('other', true)]).toEqual([[], [], []]);
    expect(found('a', 1)).toEqual(['a is a whole number']);
    expect(found('n_1', [])).toEqual(['n_1 is a list']);
    expect(found('other', 'x')).toEqual(['other is a text']);
    expect(found('never', 'x')).toEqual(['never is not allowed']);
  });

  it('knows which are too many', () => {
    const closed = compile({ properties: { a: {} }, additionalProperties: false });
    expect(closed.checkOne('b', 1)).toEqual([expect.objectContaining({ path: ['b'] })]);
    expect(compile({ properties: { a: {} } }).checkOne('b', 1)).toEqual([]);
  });

  it('names what is wrong deeper', () => {
    const nested = compile({ properties: { ALPHA: { properties: { limit: { type: 'integer' } } } } });
    expect(nested.checkOne('ALPHA', { limit: 'x' })).toEqual([
      expect.objectContaining({ path: ['ALPHA', 'limit'] }),
    ]);
  });
});

describe('whatever it costs is bounded', () => {
  /** Runs something that must end at once; the bound is far above what it takes, so that only a runaway meets it. */
  function soon<Result>(run: () => Result): Result {
    // The processor's time: others on the machine do not count.
    const before = process.cpuUsage();
    const result = run();
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(5_000);
    return result;
  }
  const doubling = Object.fromEntries(
    repeat(60, (n) => [
      `a${String(n)}`,
      n === 0 ? { type: 'string' } : { allOf: repeat(2, () => ({ $ref: `#/$defs/a${String(n - 1)}` })) },
    ]),
  );
  const text = 'ab'.repeat(100_000);

  it.each<[what: string, schema: object, parameters: JsonObject]>([
    ['references that double', { $defs: doubling, properties: { x: { $ref: '#/$defs/a59' } } }, { x: 'a' }],
    [
      'references that double with the data',
      {
        $ref: '#/$defs/n',
        $defs: { n: { properties: { next: { allOf: repeat(2, () => ({ $ref: '#/$defs/n' })) } } } },
      },
      repeat(30, (n) => n).reduce<JsonObject>((inner) => ({ next: inner }), {}),
    ],
    ['states without end', { properties: { x: { pattern: '[ab]*a[ab]{200}[c-d]$' } } }, { x: text }],
    [
      'many properties of many entries',
      {
        properties: {
          x: { items: { properties: Object.fromEntries(repeat(400, (n) => [`k${String(n)}`, {}])) } },
        },
      },
      { x: repeat(60_000, () => ({})) },
    ],
    [
      'many values for many entries',
      { properties: { x: { items: { not: { enum: repeat(5_000, (n) => ({ n })) } } } } },
      { x: repeat(60_000, () => ({})) },
    ],
    [
      'many looks at many members',
      { allOf: repeat(100, () => ({ patternProperties: { '^x+y': false } })) },
      Object.fromEntries(repeat(10_000, (n) => [`k${String(n)}`, 1])),
    ],
  ])('%s are given up', (_what, schema, parameters) => {
    expect(soon(() => compile(schema).check(parameters))).toEqual([
      {
        path: [],
        reason: 'take more steps to check than a check may',
        accepted: 'less, or a simpler parameter_schema',
      },
    ]);
  });

  it.each<[what: string, schema: object, parameters: JsonObject]>([
    [
      'a pattern that runs away in other engines',
      { properties: { x: { pattern: '^(a+)+$' } } },
      { x: `${'a'.repeat(100_000)}b` },
    ],
    ['a text without end', { properties: { x: { format: 'email' } } }, { x: text }],
    [
      'entries that are all equal',
      { properties: { x: { uniqueItems: true } } },
      { x: repeat(60_000, () => []) },
    ],
    [
      'nothing but violations',
      { allOf: repeat(400, () => ({ additionalProperties: false })) },
      Object.fromEntries(repeat(20_000, (n) => [`k${String(n)}`, 1])),
    ],
    [
      'a violation in every entry',
      { properties: { x: { items: { allOf: repeat(100, (n) => ({ type: 'string', const: n })) } } } },
      { x: repeat(60_000, () => 1) },
    ],
  ])('%s are refused', (_what, schema, parameters) => {
    const violations = soon(() => compile(schema).check(parameters));
    expect(violations.length).toBeGreaterThan(0);
    expect(violations.length).toBeLessThanOrEqual(200);
  });

  it('and what 256 KiB of parameters honestly need is not', () => {
    const rows = repeat(5_000, (n) => ({ id: n, name: `row ${String(n)}`, tags: ['a', 'b'] }));
    const row = {
      type: 'object',
      required: ['id'],
      additionalProperties: false,
      properties: {
        id: { type: 'integer' },
        name: { type: 'string', pattern: '^row [0-9]+$' },
        tags: { items: { enum: ['a', 'b', 'c'] } },
      },
    };
    expect(compile({ properties: { rows: { items: row, uniqueItems: true } } }).check({ rows })).toEqual([]);
  });
});

describe('by property', () => {
  it('everything is a schema or a problem with its parts', () => {
    const keyword = fc.constantFrom(
      'type',
      'properties',
      'items',
      '$ref',
      'anyOf',
      'enum',
      'pattern',
      'format',
      'required',
      '$defs',
      'if',
      'minimum',
      'x-a',
      'nonsense',
      '__proto__',
      '$schema',
    );
    const anything = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>('string', '#', '#/$defs/type', '(', 'email', 1, null, true, DRAFT_07),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.array(fc.tuple(keyword, tie('value')), { maxLength: 4 }).map(Object.fromEntries),
        fc.jsonValue({ maxDepth: 2 }),
      ),
    })).value;
    fc.assert(
      fc.property(anything, fc.dictionary(fc.string(), fc.jsonValue()), (schema, parameters) => {
        const compiled = compileParameterSchema(schema);
        if (compiled.ok) return Array.isArray(compiled.schema.check(parameters));
        return (
          compiled.problems.length > 0 &&
          compiled.problems.every(({ reason, accepted }) => reason !== '' && accepted !== '')
        );
      }),
      { numRuns: 500 },
    );
  });
});
