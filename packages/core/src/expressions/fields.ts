import type { ASTNode } from '@marcbachmann/cel-js';
import { textOf, type Compiled, type Context } from './compiled.js';
import { ExpressionMistake } from './expression-problem.js';
import { Fault } from './fault.js';
import { kindOf, nameOf, type StaticType } from './kind.js';
import { mapKey } from './literals.js';
import { indexOf } from './whole-numbers.js';

/** `holder.field` */
export function compileField(
  node: ASTNode,
  [left, name]: readonly [ASTNode, string],
  context: Context,
): Compiled {
  const holder = context.compile(left, context);
  demand(holder, ['map'], `has no field ${name}`);
  const missing = new Fault(`${textOf(context, node)} does not exist`);
  const run: Compiled['run'] = (frame) => {
    const value = holder.run(frame);
    if (value instanceof Fault) return value;
    if (kindOf(value) !== 'map') return noField(value, textOf(context, node));
    return orElse(readKey(value as object, name), missing);
  };
  return { node, type: 'dyn', size: holder.size + 1, run };
}

/** `holder[index]` */
export function compileIndex(
  node: ASTNode,
  [left, right]: readonly [ASTNode, ASTNode],
  context: Context,
): Compiled {
  const holder = context.compile(left, context);
  const index = context.compile(right, context);
  demand(holder, ['map', 'list'], 'cannot be looked into');
  const missing = new Fault(`${textOf(context, node)} does not exist`);
  const run: Compiled['run'] = (frame) => {
    const value = holder.run(frame);
    if (value instanceof Fault) return value;
    const key = index.run(frame);
    if (key instanceof Fault) return key;
    if (Array.isArray(value)) return orElse(readIndex(value, key), missing);
    if (kindOf(value) !== 'map') return noField(value, textOf(context, node));
    return orElse(readKey(value as object, key), missing);
  };
  return { node, type: 'dyn', size: holder.size + index.size + 1, run };
}

/** `has(holder.field)`: whether the field is there, where its holder is. */
export function compileHas(node: ASTNode, args: readonly ASTNode[], context: Context): Compiled {
  const [selected] = args;
  if (selected?.op !== '.' || args.length !== 1)
    throw new ExpressionMistake('has asks for one field', 'has(event.data.size)', (selected ?? node).start);
  const [left, name] = selected.args;
  const holder = context.compile(left, context);
  demand(holder, ['map'], `has no field ${name}`);
  const run: Compiled['run'] = (frame) => {
    const value = holder.run(frame);
    if (value instanceof Fault) return value;
    if (kindOf(value) !== 'map') return noField(value, textOf(context, selected));
    return readKey(value as object, name) !== undefined;
  };
  return { node, type: 'bool', size: holder.size + 1, run };
}

/** Whether a map has a key, of its own and with a value. */
export function hasKey(map: object, key: unknown): boolean {
  return readKey(map, key) !== undefined;
}

function readKey(map: object, key: unknown): unknown {
  if (map instanceof Map) return map.get(mapKey(key)) as unknown;
  if (typeof key !== 'string' || !Object.hasOwn(map, key)) return undefined;
  return (map as Record<string, unknown>)[key];
}

function readIndex(list: readonly unknown[], key: unknown): unknown {
  const index = indexOf(key);
  return index === undefined ? undefined : list[index];
}

/** null is a value; only what is not there is missing. */
function orElse(value: unknown, missing: Fault): unknown {
  return value === undefined ? missing : value;
}

function noField(value: unknown, text: string): Fault {
  return new Fault(`${text}: ${nameOf(kindOf(value))} has no fields`);
}

function demand({ type, node }: Compiled, accepted: readonly StaticType[], reason: string): void {
  if (type === 'dyn' || accepted.includes(type)) return;
  throw new ExpressionMistake(`${nameOf(type)} ${reason}`, accepted.map(nameOf).join(' or '), node.start);
}
