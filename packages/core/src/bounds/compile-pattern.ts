import { RE2JS, RE2JSException } from 're2js';
import { TextCache } from './text-cache.js';

/** A regular expression whose time grows with the text and with nothing else. */
export interface Pattern {
  readonly source: string;
  /** @returns whether it matches anywhere in the text */
  test(text: string): boolean;
  /** Steps that a test takes at most. */
  costOf(text: string): number;
}

export type PatternResult =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly reason: string; readonly accepted: string };

/** RE2: what re2js reads. ECMA: what JavaScript and JSON Schema write for the same. */
export type PatternDialect = 'RE2' | 'ECMA';

export const MAX_PATTERN_LENGTH = 512;

/** Instructions of the compiled automaton: time and memory of a test grow with them. */
const MAX_INSTRUCTIONS = 1000;

/** Length times the sum of its repetition counts; bounds what compiling unfolds before the instructions are known. */
const MAX_UNFOLDED = 16_384;

/** For an instruction and a character: the worst pattern known takes twice that, a usual one a hundredth. */
const STEPS_PER_INSTRUCTION = 0.25;

/** From here on a test may have filled the automaton's memory of states (megabytes), which is then given back. */
const STEPS_TO_FORGET = 20_000;

const ACCEPTED = 'a regular expression as RE2 reads it: without lookaround and backreferences';
const TOO_LARGE = 'a shorter pattern, or one that repeats less';

const cache = new TextCache<PatternResult>(32 * 1024);

/**
 * Compiles a regular expression on re2js, which never backtracks. Patterns that would compile to a large automaton are
 * refused.
 *
 * @param source - of at most MAX_PATTERN_LENGTH characters
 */
export function compilePattern(source: string, dialect: PatternDialect): PatternResult {
  if (source.length > MAX_PATTERN_LENGTH) {
    const reason = `is a pattern longer than ${String(MAX_PATTERN_LENGTH)} characters`;
    return { ok: false, reason, accepted: TOO_LARGE };
  }
  return cache.get(`${dialect}/${source}`, () => compile(source, dialect));
}

function compile(source: string, dialect: PatternDialect): PatternResult {
  if (unfolded(source) > MAX_UNFOLDED) return tooLarge();
  try {
    const automaton = RE2JS.compile(dialect === 'ECMA' ? RE2JS.translateRegExp(source) : source);
    const instructions = automaton.programSize();
    return instructions > MAX_INSTRUCTIONS
      ? tooLarge()
      : { ok: true, pattern: patternOf(source, automaton, instructions) };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const reason = error.message.replace('error parsing regexp: ', '');
    return { ok: false, reason: `is not a pattern: ${reason}`, accepted: ACCEPTED };
  }
}

function unfolded(source: string): number {
  const counts = [...source.matchAll(/\{(\d{0,9})(?:,(\d{0,9}))?\}/g)];
  return (
    source.length * counts.reduce((sum, [, from, to]) => sum + Math.max(Number(from), Number(to ?? 0)), 0)
  );
}

function patternOf(source: string, automaton: RE2JS, instructions: number): Pattern {
  const costOf = (text: string): number =>
    Math.ceil(text.length * instructions * STEPS_PER_INSTRUCTION) + instructions;
  return {
    source,
    costOf,
    test: (text) => {
      const matches = automaton.test(text);
      if (costOf(text) > STEPS_TO_FORGET) automaton.reset();
      return matches;
    },
  };
}

function tooLarge(): PatternResult {
  return { ok: false, reason: 'is a pattern that is too large', accepted: TOO_LARGE };
}
