import type { ASTNode } from '@marcbachmann/cel-js';
import { nearest } from '../errors/nearest.js';
import { textOf, type Compiled, type Context } from './compiled.js';
import { ExpressionMistake } from './expression-problem.js';
import { Fault } from './fault.js';
import type { FunctionRow } from './function-row.js';
import { FUNCTIONS } from './functions.js';
import { kindOf, nameOf, type StaticType } from './kind.js';
import { runAll, sizeOf } from './literals.js';
import { LOOP_NAMES } from './loops.js';
import { compileMatches } from './matches.js';

type Call = Extract<ASTNode, { op: 'call' | 'rcall' }>;

interface Written {
  readonly name: string;
  /** Where the name stands. */
  readonly offset: number;
  readonly receiver: ASTNode | undefined;
  readonly args: readonly ASTNode[];
}

/** `name(arguments)` or `receiver.name(arguments)` */
export function compileCall(node: Call, context: Context): Compiled {
  const written = read(node, context);
  const { name, receiver, args } = written;
  if (name === 'matches' && receiver !== undefined && args.length === 1)
    return compileMatches(node, receiver, args, context);
  const rows = rowsOf(written);
  const parts = [...(receiver === undefined ? [] : [receiver]), ...args].map((part) =>
    context.compile(part, context),
  );
  const possible = rows.filter((row) =>
    kindsOf(row).every((kind, index) => isPossible(parts[index]?.type, kind)),
  );
  if (possible.length === 0) throw wrongKinds(written, rows, parts);
  const gives = new Set(possible.map((row) => row.gives));
  const [type = 'dyn'] = gives.size === 1 ? gives : [];
  return { node, type, size: sizeOf(parts) + 1, run: callOneOf(possible, parts, textOf(context, node)) };
}

function read(node: Call, { source }: Context): Written {
  if (node.op === 'call') {
    const [name, args] = node.args;
    return { name, offset: node.start, receiver: undefined, args };
  }
  const [name, receiver, args] = node.args;
  return { name, offset: source.indexOf(name, receiver.end), receiver, args };
}

/** The rows of the function with that name and number of arguments. */
function rowsOf({ name, offset, receiver, args }: Written): FunctionRow[] {
  const isMethod = receiver !== undefined;
  const named = FUNCTIONS.filter((row) => row.name === name && (row.on !== undefined) === isMethod);
  if (isMethod && name === 'matches') throw wrongCount(name, args.length, [1], offset);
  if (named.length === 0) throw unknownFunction(name, offset, isMethod);
  const rows = named.filter(({ takes }) => takes.length === args.length);
  if (rows.length > 0) return rows;
  const counts = new Set(named.map(({ takes }) => takes.length));
  throw wrongCount(name, args.length, [...counts], offset);
}

function wrongCount(
  name: string,
  given: number,
  accepted: readonly number[],
  offset: number,
): ExpressionMistake {
  const reason = `${name} does not take ${argumentCount(given)}`;
  return new ExpressionMistake(reason, accepted.map(argumentCount).join(' or '), offset);
}

function unknownFunction(name: string, offset: number, isMethod: boolean): ExpressionMistake {
  const known = isMethod
    ? [...LOOP_NAMES, 'matches', ...namesOf((row) => row.on !== undefined)]
    : ['has', ...namesOf((row) => row.on === undefined)];
  if (isMethod && LOOP_NAMES.includes(name)) {
    const reason = `${name} takes the name of an entry and what is asked of it`;
    return new ExpressionMistake(reason, `${name}(entry, entry.size > 100)`, offset);
  }
  const guess = nearest(name, known);
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  return new ExpressionMistake(`${name} is not a known function${hint}`, known.join(', '), offset);
}

function namesOf(wanted: (row: FunctionRow) => boolean): string[] {
  return [...new Set(FUNCTIONS.filter(wanted).map((row) => row.name))];
}

function wrongKinds(
  { name, offset }: Written,
  rows: readonly FunctionRow[],
  parts: readonly Compiled[],
): ExpressionMistake {
  const given = parts.map(({ type }) => nameOf(type)).join(', ');
  const accepted = rows.map((row) => kindsOf(row).map(nameOf).join(', ')).join('; or ');
  return new ExpressionMistake(`${name} does not take ${given}`, accepted, offset);
}

function callOneOf(rows: readonly FunctionRow[], parts: readonly Compiled[], text: string): Compiled['run'] {
  const candidates = rows.map((row) => ({ row, kinds: kindsOf(row) }));
  return (frame) => {
    const values = runAll(parts, frame);
    if (values instanceof Fault) return values;
    const found = candidates.find(({ kinds }) => kinds.every((kind, index) => isOf(values[index], kind)));
    if (found === undefined)
      return new Fault(`${text}: does not take ${values.map((value) => nameOf(kindOf(value))).join(', ')}`);
    const { row, kinds } = found;
    return row.call(
      values.map((value, index) => asKind(value, kinds[index])),
      frame.budget,
    );
  };
}

function kindsOf({ on, takes }: FunctionRow): StaticType[] {
  return on === undefined ? [...takes] : [on, ...takes];
}

/** JSON has no ints: a double stands for one where it is whole. Rows for both answer the same then. */
function isPossible(type: StaticType | undefined, wanted: StaticType): boolean {
  return type === 'dyn' || type === wanted || (wanted === 'int' && type === 'double');
}

function isOf(value: unknown, wanted: StaticType): boolean {
  return kindOf(value) === wanted || (wanted === 'int' && Number.isSafeInteger(value));
}

function asKind(value: unknown, wanted: StaticType | undefined): unknown {
  return wanted === 'int' && typeof value === 'number' ? BigInt(value) : value;
}

function argumentCount(count: number): string {
  return count === 1 ? '1 argument' : `${String(count)} arguments`;
}
