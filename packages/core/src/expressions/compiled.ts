import type { ASTNode } from '@marcbachmann/cel-js';
import type { WorkBudget } from '../bounds/work-budget.js';
import type { StaticType } from './kind.js';

/** One evaluation under way. */
export interface Frame {
  /** Values of variables, by their slots. */
  readonly slots: unknown[];
  readonly budget: WorkBudget;
}

/** Computes a part of an expression: its value, or the Fault that keeps it from having one. */
export type Run = (frame: Frame) => unknown;

/** A part of an expression, checked and ready to run. */
export interface Compiled {
  readonly node: ASTNode;
  readonly type: StaticType;
  readonly run: Run;
  /** Nodes below and including this one: what running it once costs at least. */
  readonly size: number;
}

/** What a part of an expression is compiled in: which names there are, and how deep it stands. */
export interface Context {
  readonly source: string;
  /** Slots of the variables, by name. */
  readonly names: ReadonlyMap<string, number>;
  /** Slots taken so far. */
  readonly slots: number;
  readonly depth: number;
  /** Macros around it. */
  readonly macros: number;
  /** Compiles what stands within. */
  compile(node: ASTNode, context: Context): Compiled;
}

/** A part of the source as it was written, shortened. */
export function textOf({ source }: Pick<Context, 'source'>, { start, end }: ASTNode): string {
  const text = source.slice(start, end);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
