import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js';
import { ExpressionMistake } from './expression-problem.js';
import { MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_NODES, MAX_LITERAL_ENTRIES } from './limits.js';

const ACCEPTED = 'an expression in CEL, such as event.data.size > 100 && event.type == "upload"';

const environment = new Environment({
  limits: {
    maxAstNodes: MAX_EXPRESSION_NODES,
    maxDepth: MAX_EXPRESSION_DEPTH,
    maxListElements: MAX_LITERAL_ENTRIES,
    maxMapEntries: MAX_LITERAL_ENTRIES,
    maxCallArguments: MAX_LITERAL_ENTRIES,
  },
});

/** The parser's names of what is written. */
const TOKENS: Readonly<Record<string, string>> = {
  COLON: '":"',
  COMMA: '","',
  IDENTIFIER: 'a name',
  RBRACE: '"}"',
  RBRACKET: '"]"',
  RPAREN: '")"',
};

/** What people write who come from other languages. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['=', '=='],
  ['&', '&&'],
  ['|', '||'],
  ['and', '&&'],
  ['or', '||'],
]);

/**
 * Reads an expression.
 *
 * @param source - of at most MAX_EXPRESSION_LENGTH characters
 * @throws ExpressionMistake
 */
export function parseExpression(source: string): ASTNode {
  try {
    return environment.parse(source).ast;
  } catch (error) {
    if (error instanceof RangeError) throw new ExpressionMistake('is nested too deeply', 'fewer levels', 0);
    if (!(error instanceof ParseError)) throw error;
    throw mistakeOf(source, error);
  }
}

function mistakeOf(source: string, error: ParseError): ExpressionMistake {
  const { start, end } = error.range ?? { start: 0, end: 0 };
  const found = source.slice(start, end);
  switch (error.code) {
    case 'limit_exceeded':
      return limitMistake(error.summary, start);
    case 'expected_token': {
      const expected = /^Expected (\w+)/.exec(error.summary)?.[1] ?? '';
      return unexpected(found, start, `${TOKENS[expected] ?? expected.toLowerCase()} is expected`);
    }
    case 'unexpected_token':
      return unexpected(found, start, 'a value is expected');
    case 'unexpected_character':
      return new ExpressionMistake(
        `${quoted(found)} is not expected here`,
        MEANT.get(found) ?? ACCEPTED,
        start,
      );
    case 'reserved_identifier':
      return new ExpressionMistake(`${quoted(found)} is a reserved word`, 'another name', start);
    case 'invalid_macro_argument':
      return new ExpressionMistake(`${quoted(found)} is not a new name`, NEW_NAME, start);
    default:
      return new ExpressionMistake(decapitalized(error.summary), ACCEPTED, start);
  }
}

const NEW_NAME = 'a name for the entry, then what is asked of it: items.exists(item, item.size > 100)';

function unexpected(found: string, offset: number, instead: string): ExpressionMistake {
  const what = found === '' ? 'the expression ends' : `there is ${quoted(found)}`;
  return new ExpressionMistake(`${what} where ${instead}`, MEANT.get(found) ?? ACCEPTED, offset);
}

const LIMITS: Readonly<Record<string, readonly [reason: string, accepted: string]>> = {
  maxAstNodes: ['is too large', `at most ${String(MAX_EXPRESSION_NODES)} names, literals and operators`],
  maxDepth: ['is nested too deeply', `at most ${String(MAX_EXPRESSION_DEPTH)} levels`],
  maxListElements: ['is a list that is too long', `at most ${String(MAX_LITERAL_ENTRIES)} entries`],
  maxMapEntries: ['is a map that is too large', `at most ${String(MAX_LITERAL_ENTRIES)} entries`],
};

function limitMistake(summary: string, offset: number): ExpressionMistake {
  const limit = /^Exceeded (\w+)/.exec(summary)?.[1] ?? '';
  const [reason, accepted] = LIMITS[limit] ?? ['is too large', 'a smaller expression'];
  return new ExpressionMistake(reason, accepted, offset);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function decapitalized(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
