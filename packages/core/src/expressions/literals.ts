import type { ASTNode } from '@marcbachmann/cel-js';
import type { Compiled, Context, Frame } from './compiled.js';
import { ExpressionMistake } from './expression-problem.js';
import { Fault } from './fault.js';
import { kindOf, nameOf } from './kind.js';
import { MAX_INT } from './whole-numbers.js';

type Node<Op extends ASTNode['op']> = Extract<ASTNode, { op: Op }>;

export function compileLiteral(node: Node<'value'>): Compiled {
  const value = node.args;
  const type = kindOf(value);
  if (type === undefined || type === 'map')
    throw new ExpressionMistake(
      'unsigned numbers and bytes are not supported',
      'a number without u, a text without b',
      node.start,
    );
  if (typeof value === 'bigint' && value > MAX_INT)
    throw new ExpressionMistake('is too large a number', `an int up to ${String(MAX_INT)}`, node.start);
  return { node, type, size: 1, run: () => value };
}

export function compileList(node: ASTNode, entries: readonly ASTNode[], context: Context): Compiled {
  const parts = entries.map((entry) => context.compile(entry, context));
  return {
    node,
    type: 'list',
    size: 1 + sizeOf(parts),
    run: (frame) => runAll(parts, frame),
  };
}

export function compileMap(
  node: ASTNode,
  entries: readonly (readonly [ASTNode, ASTNode])[],
  context: Context,
): Compiled {
  const keys = entries.map(([key]) => context.compile(key, context));
  const values = entries.map(([, value]) => context.compile(value, context));
  return {
    node,
    type: 'map',
    size: 1 + sizeOf(keys) + sizeOf(values),
    run: (frame) => {
      const ranKeys = runAll(keys, frame);
      const ranValues = runAll(values, frame);
      if (ranKeys instanceof Fault) return ranKeys;
      return ranValues instanceof Fault ? ranValues : mapOf(ranKeys, ranValues);
    },
  };
}

/** Values of all parts, or the first fault. */
export function runAll(parts: readonly Compiled[], frame: Frame): unknown[] | Fault {
  const values: unknown[] = [];
  for (const { run } of parts) {
    const value = run(frame);
    if (value instanceof Fault) return value;
    values.push(value);
  }
  return values;
}

export function sizeOf(parts: readonly Compiled[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

function mapOf(keys: readonly unknown[], values: readonly unknown[]): Map<unknown, unknown> | Fault {
  const map = new Map<unknown, unknown>();
  for (const [index, key] of keys.entries()) {
    const name = mapKey(key);
    if (name === undefined) return new Fault(`${nameOf(kindOf(key))} cannot be a key`);
    map.set(name, values[index]);
  }
  return map;
}

/** A key as a map has it: 1 and 1.0 are the same. */
export function mapKey(key: unknown): string | boolean | bigint | undefined {
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : undefined;
  return typeof key === 'string' || typeof key === 'boolean' || typeof key === 'bigint' ? key : undefined;
}
