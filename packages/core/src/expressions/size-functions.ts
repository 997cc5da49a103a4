import type { WorkBudget } from '../bounds/work-budget.js';
import { EXHAUSTED, type Fault } from './fault.js';
import { globalFunction, method, type FunctionRow } from './function-row.js';

/** Characters of a string, entries of a list or a map. */
export const SIZE_FUNCTIONS: readonly FunctionRow[] = [
  globalFunction('size', ['string'], 'int', ([text], budget) => charactersOf(text, budget)),
  globalFunction('size', ['list'], 'int', ([list]) => BigInt(list.length)),
  globalFunction('size', ['map'], 'int', ([map]) => keysOf(map)),
  method('string', 'size', [], 'int', ([text], budget) => charactersOf(text, budget)),
  method('list', 'size', [], 'int', ([list]) => BigInt(list.length)),
  method('map', 'size', [], 'int', ([map]) => keysOf(map)),
];

function charactersOf(text: string, budget: WorkBudget): bigint | Fault {
  return budget.spend(text.length) ? BigInt(Array.from(text).length) : EXHAUSTED;
}

function keysOf(map: object): bigint {
  return BigInt(map instanceof Map ? map.size : Object.keys(map).length);
}
