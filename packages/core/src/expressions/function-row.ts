import type { WorkBudget } from '../bounds/work-budget.js';
import type { Fault } from './fault.js';
import type { Kind, StaticType, ValueOf } from './kind.js';

/** A function for values of given kinds; several rows of one name are one function. */
export interface FunctionRow {
  readonly name: string;
  /** The kind that it is called on, as in `text.size()`; undefined for `size(text)`. */
  readonly on: Kind | undefined;
  readonly takes: readonly StaticType[];
  readonly gives: Kind;
  /** @param values - what it is called on, if anything, then its arguments */
  readonly call: (values: readonly unknown[], budget: WorkBudget) => unknown;
}

type ValuesOf<Takes extends readonly StaticType[]> = { [Index in keyof Takes]: ValueOf[Takes[Index]] };

/** `name(arguments)` */
export function globalFunction<const Takes extends readonly StaticType[], Gives extends Kind>(
  name: string,
  takes: Takes,
  gives: Gives,
  call: (values: ValuesOf<Takes>, budget: WorkBudget) => ValueOf[Gives] | Fault,
): FunctionRow {
  return { name, on: undefined, takes, gives, call: call as FunctionRow['call'] };
}

/** `receiver.name(arguments)` */
export function method<On extends Kind, const Takes extends readonly StaticType[], Gives extends Kind>(
  on: On,
  name: string,
  takes: Takes,
  gives: Gives,
  call: (values: [ValueOf[On], ...ValuesOf<Takes>], budget: WorkBudget) => ValueOf[Gives] | Fault,
): FunctionRow {
  return { name, on, takes, gives, call: call as unknown as FunctionRow['call'] };
}
