import type { ASTNode } from '@marcbachmann/cel-js';
import { textOf, type Compiled, type Context, type Frame } from './compiled.js';
import { ExpressionMistake } from './expression-problem.js';
import { EXHAUSTED, Fault } from './fault.js';
import { compileHas } from './fields.js';
import { kindOf, nameOf } from './kind.js';
import { MAX_NESTED_MACROS } from './limits.js';
import { sizeOf } from './literals.js';
import { compileCondition } from './logic.js';
import { findLoop, LOOP_NAMES, type Loop } from './loops.js';

type Call = Extract<ASTNode, { op: 'call' | 'rcall' }>;

/** A call whose arguments are no values, but names and what is asked of them. Undefined for any other. */
export function compileMacro(node: Call, context: Context): Compiled | undefined {
  if (node.op === 'call') return node.args[0] === 'has' ? compileHas(node, node.args[1], context) : undefined;
  const [name, receiver, [variable, ...bodies]] = node.args;
  const loop = findLoop(name, bodies.length);
  if (loop === undefined) return undefined;
  const collection = compileCollection(receiver, context);
  const inner = bodyContext(node, variable, context);
  const parts = bodies.map((body, index) =>
    loop.bodies[index] === 'CONDITION' ? compileCondition(body, inner) : inner.compile(body, inner),
  );
  return loopOver(node, { loop, collection, parts, slot: context.slots });
}

interface LoopParts {
  readonly loop: Loop;
  readonly collection: Compiled;
  readonly parts: readonly Compiled[];
  /** Where the entry stands while it has its turn. */
  readonly slot: number;
}

function loopOver(node: Call, { loop, collection, parts, slot }: LoopParts): Compiled {
  const cost = sizeOf(parts) + 1;
  const run: Compiled['run'] = (frame) => {
    const entries = collection.run(frame);
    if (entries instanceof Fault) return entries;
    return goThrough(entries as readonly unknown[], { loop, parts, cost, slot }, frame);
  };
  return { node, type: loop.type, size: collection.size + cost, run };
}

interface Going {
  readonly loop: Loop;
  readonly parts: readonly Compiled[];
  /** Steps for each entry. */
  readonly cost: number;
  readonly slot: number;
}

function goThrough(entries: readonly unknown[], { loop, parts, cost, slot }: Going, frame: Frame): unknown {
  const pass = loop.start();
  const run = (body: number): unknown => parts[body]?.run(frame);
  for (const entry of entries) {
    if (!frame.budget.spend(cost)) return EXHAUSTED;
    frame.slots[slot] = entry;
    const value = pass.take(entry, run);
    if (value !== undefined) return value;
  }
  return pass.end();
}

/** Compiles what a macro goes through: at run time the entries of a list, the keys of a map, or a Fault. */
function compileCollection(node: ASTNode, context: Context): Compiled {
  const compiled = context.compile(node, context);
  if (!['dyn', 'list', 'map'].includes(compiled.type))
    throw new ExpressionMistake(`${nameOf(compiled.type)} has no entries`, 'a list or a map', node.start);
  const run: Compiled['run'] = (frame) => {
    const value = compiled.run(frame);
    if (value instanceof Fault || Array.isArray(value)) return value;
    if (value instanceof Map) return [...value.keys()];
    if (kindOf(value) === 'map') return Object.keys(value as object);
    return new Fault(`${textOf(context, node)}: ${nameOf(kindOf(value))} has no entries`);
  };
  return { ...compiled, run };
}

function bodyContext(node: ASTNode, variable: ASTNode | undefined, context: Context): Context {
  if (context.macros >= MAX_NESTED_MACROS) {
    const accepted = `at most ${String(MAX_NESTED_MACROS)} of ${LOOP_NAMES.join(', ')} within one another`;
    throw new ExpressionMistake('goes through a list within too many others', accepted, node.start);
  }
  // The parser has seen to it that there is a name.
  const name = variable?.op === 'id' ? variable.args : '';
  const names = new Map([...context.names, [name, context.slots]]);
  return { ...context, names, slots: context.slots + 1, macros: context.macros + 1 };
}
