import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePattern, MAX_PATTERN_LENGTH, type PatternDialect } from './compile-pattern.js';

function tests(source: string, text: string, dialect: PatternDialect = 'ECMA'): boolean {
  const compiled = compilePattern(source, dialect);
  if (!compiled.ok) throw new Error(compiled.reason);
  return compiled.pattern.test(text);
}

describe('compilePattern', () => {
  it.each([
    ['^s3://[^/]+/', 's3://raw/x', true],
    ['^\\d{4}-\\d{2}$', '2026-03', true],
    ['^\\d{4}-\\d{2}$', '2026-3', false],
    ['\\u0041\\/\\x42', 'A/B', true],
    ['^(?<year>\\d+)$', '12', true],
    ['^\\p{Lu}', 'Émile', true],
    ['^.$', '😀', true],
    ['', 'anything', true],
  ])('%s on %s is %s', (source, text, matches) => {
    expect(tests(source, text)).toBe(matches);
  });

  it.each([
    ['(a', 'missing closing )'],
    ['a(?=b)', 'unsupported Perl syntax'],
    ['(a)\\1', 'invalid escape sequence'],
    ['a{2000}', 'invalid repeat count'],
    ['a{1001}', 'invalid repeat count'],
    ['((a{100}){100}){100}', 'invalid repeat count'],
    ['(?:(?:a?){30}){30}', 'too large'],
    ['[\\p{L}]{900}'.repeat(20), 'too large'],
    ['('.repeat(MAX_PATTERN_LENGTH + 1), 'longer than 512 characters'],
  ])('refuses %s', (source, reason) => {
    expect(compilePattern(source, 'ECMA')).toMatchObject({
      ok: false,
      reason: expect.stringContaining(reason),
      accepted: expect.stringMatching(/./),
    });
  });

  it('agrees with RegExp wherever both read the pattern', () => {
    const token = fc.constantFrom(
      ...'a b c . [ab] [^a] \\d \\w \\s ( (?: ) | * + ? {2} {1,3} ^ $ \\b 1'.split(' '),
    );
    const source = fc.array(token, { maxLength: 8 }).map((tokens) => tokens.join(''));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' ', '-', '\n'), maxLength: 12 });
    fc.assert(
      fc.property(source, text, (written, tested) => {
        const compiled = compilePattern(written, 'ECMA');
        if (!compiled.ok || !isRegExp(written)) return;
        expect([written, compiled.pattern.test(tested)]).toEqual([
          written,
          new RegExp(written, 'u').test(tested),
        ]);
      }),
      { numRuns: 3_000 },
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom<PatternDialect>('RE2', 'ECMA'),
        (source, dialect) => {
          const compiled = compilePattern(source, dialect);
          return compiled.ok ? typeof compiled.pattern.test(source) === 'boolean' : compiled.reason !== '';
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('says beforehand what a test may cost', () => {
    const short = compilePattern('^a+$', 'RE2');
    const long = compilePattern('^a{100}b{100}$', 'RE2');
    if (!short.ok || !long.ok) throw new Error('both are patterns');
    expect(long.pattern.costOf('a')).toBeGreaterThan(short.pattern.costOf('a') * 10);
    expect(short.pattern.costOf('a'.repeat(1_000))).toBeGreaterThan(short.pattern.costOf('a') * 100);
  });
});

function isRegExp(source: string): boolean {
  try {
    return new RegExp(source, 'u').source !== '';
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
