import { describe, expect, it } from '@jest/globals';
import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { compileExpression } from './compile-expression.js';

/**
 * cel-js evaluates too, without bounds. Where both know an operation, they must agree; arithmetic of ints with doubles is
 * ours alone, and left out here.
 */
const oracle = new Environment({ homogeneousAggregateLiterals: false }).registerVariable('event', 'map');

const event = {
  whole: 3,
  broken: 2.5,
  text: 'abcab',
  flag: true,
  none: null,
  list: [1, 2.5, 3],
  texts: ['a', 'b'],
  map: { a: 1 },
};

const depth = fc.createDepthIdentifier();

const { condition } = fc.letrec<
  Record<'condition' | 'whole' | 'broken' | 'text' | 'list' | 'texts' | 'any', string>
>((tie) => {
  const infix = (
    left: 'whole' | 'broken' | 'text' | 'condition' | 'any',
    operators: readonly string[],
    right = left,
  ) =>
    fc.tuple(tie(left), fc.constantFrom(...operators), tie(right)).map(([a, op, b]) => `(${a} ${op} ${b})`);
  const choice = (of: 'whole' | 'broken' | 'text') =>
    fc.tuple(tie('condition'), tie(of), tie(of)).map(([c, a, b]) => `(${c} ? ${a} : ${b})`);
  const orders = ['<', '<=', '>', '>=', '==', '!='] as const;
  return {
    whole: fc.oneof(
      { maxDepth: 4, depthIdentifier: depth },
      fc.integer({ min: -9, max: 9 }).map((n) => (n < 0 ? `(${String(n)})` : String(n))),
      infix('whole', ['+', '-', '*', '/', '%']),
      tie('text').map((text) => `size(${text})`),
      tie('list').map((list) => `${list}.size()`),
      fc.tuple(tie('text'), tie('text')).map(([a, b]) => `${a}.indexOf(${b})`),
      tie('broken').map((broken) => `int(${broken})`),
      choice('whole'),
    ),
    broken: fc.oneof(
      { maxDepth: 4, depthIdentifier: depth },
      fc.constantFrom('0.5', '2.0', '(-1.5)', 'event.whole', 'event.broken', 'event.list[1]'),
      infix('broken', ['+', '-', '*', '/']),
      tie('whole').map((whole) => `double(${whole})`),
      choice('broken'),
    ),
    text: fc.oneof(
      { maxDepth: 4, depthIdentifier: depth },
      fc.constantFrom('"a"', "'b'", '""', 'event.text', 'event.texts[0]', 'r"\\d"', '"\\u00e9\\t"'),
      infix('text', ['+']),
      tie('whole').map((whole) => `string(${whole})`),
      tie('texts').map((texts) => `${texts}.join("-")`),
      fc.tuple(tie('text'), tie('whole')).map(([text, from]) => `${text}.substring(${from})`),
      choice('text'),
    ),
    texts: fc.oneof(
      { maxDepth: 4, depthIdentifier: depth },
      fc.constantFrom('event.texts', '["a", "c"]'),
      fc.tuple(tie('text'), fc.constantFrom('"b"', '"-"')).map(([a, b]) => `${a}.split(${b})`),
    ),
    list: fc.oneof(
      { maxDepth: 4, depthIdentifier: depth },
      fc.constantFrom('event.list', '[1, 2]', '[0.5]', 'event.texts'),
      tie('list').map((list) => `${list}.filter(x, x == 1)`),
      tie('list').map((list) => `${list}.map(x, [x])`),
      fc.tuple(tie('list'), tie('condition')).map(([list, c]) => `${list}.map(x, ${c}, x)`),
    ),
    any: fc.oneof(
      { maxDepth: 4, depthIdentifier: depth },
      fc.constantFrom('event.none', 'event.map', 'event.flag', 'event.missing'),
      tie('broken').map((broken) => `(event.none == null ? ${broken} : event.none)`),
    ),
    condition: fc.oneof(
      { maxDepth: 4, depthIdentifier: depth },
      fc.constantFrom(
        'true',
        'false',
        'event.flag',
        'event.missing',
        'has(event.missing)',
        'has(event.map.a)',
        '"a" in event.map',
      ),
      infix('condition', ['&&', '||']),
      infix('whole', orders),
      infix('broken', orders),
      infix('text', orders),
      infix('whole', ['<', '<=', '>', '>='], 'broken'),
      infix('any', ['==', '!=']),
      tie('condition').map((c) => `!${c}`),
      fc
        .tuple(tie('text'), fc.constantFrom('contains', 'startsWith', 'endsWith'), tie('text'))
        .map(([a, f, b]) => `${a}.${f}(${b})`),
      tie('text').map((text) => `${text}.matches("^[ab]+")`),
      fc
        .tuple(tie('list'), fc.constantFrom('all', 'exists', 'exists_one'), tie('condition'))
        .map(([list, macro, c]) => `${list}.${macro}(x, x == 1 || ${c})`),
      fc.tuple(tie('text'), tie('texts')).map(([text, texts]) => `(${text} in ${texts})`),
      fc.tuple(tie('list'), tie('list')).map(([a, b]) => `(${a} == ${b})`),
    ),
  };
});

/** Undefined where cel-js refuses or fails: it types the entries of lists, for one. */
function asOracleDoes(source: string): boolean | undefined {
  try {
    const value: unknown = oracle.parse(source)({ event });
    return typeof value === 'boolean' ? value : undefined;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

describe('compileExpression', () => {
  it('agrees with cel-js on what both can evaluate', () => {
    let evaluated = 0;
    fc.assert(
      fc.property(condition, (source) => {
        const expected = asOracleDoes(source);
        if (expected === undefined) return;
        const compiled = compileExpression(source, ['event']);
        const answer = compiled.ok ? compiled.expression.evaluate({ event }) : compiled.problem;
        expect([source, answer]).toEqual([source, { ok: true, value: expected }]);
        evaluated += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(evaluated).toBeGreaterThan(1_500);
  });
});
