import type { WorkBudget } from '../bounds/work-budget.js';
import { Duration, kindOf, Timestamp } from './kind.js';
import { hasKey } from './fields.js';
import { COMPARED_PER_STEP, MAX_COMPARED_DEPTH } from './limits.js';

/**
 * Whether two values are the same: numbers by what they are worth, lists and maps by what is in them.
 * Meaningless once the budget is exhausted.
 */
export function areEqual(left: unknown, right: unknown, budget: WorkBudget, depth = 0): boolean {
  if (!budget.spend(1) || depth > MAX_COMPARED_DEPTH) return exhaust(budget);
  if (typeof left === 'string') return areSameText(left, right, budget);
  if (isNumber(left) && isNumber(right)) return isSameNumber(left, right);
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null)
    return left === right;
  if (left instanceof Timestamp) return right instanceof Timestamp && left.epochMs === right.epochMs;
  if (left instanceof Duration) return right instanceof Duration && left.milliseconds === right.milliseconds;
  if (Array.isArray(left)) return Array.isArray(right) && areSameLists(left, right, budget, depth);
  return kindOf(left) === 'map' && kindOf(right) === 'map' && areSameMaps(left, right, budget, depth);
}

/** `value in holder`, a list or a map. */
export function isIn(value: unknown, holder: unknown, budget: WorkBudget): boolean {
  if (Array.isArray(holder)) return holder.some((entry) => areEqual(value, entry, budget));
  return typeof holder === 'object' && holder !== null && hasKey(holder, value);
}

/** What is too deep to be compared in full ends the evaluation rather than being called different. */
function exhaust(budget: WorkBudget): false {
  budget.spend(Number.POSITIVE_INFINITY);
  return false;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function isSameNumber(left: number | bigint, right: number | bigint): boolean {
  if (typeof left === 'bigint' && typeof right === 'number') return isWorth(right, left);
  if (typeof left === 'number' && typeof right === 'bigint') return isWorth(left, right);
  return left === right;
}

/** Exact, where turning the int into a double would round it. */
function isWorth(broken: number, whole: bigint): boolean {
  return Number.isInteger(broken) && BigInt(broken) === whole;
}

function areSameText(left: string, right: unknown, budget: WorkBudget): boolean {
  if (typeof right !== 'string' || left.length !== right.length) return false;
  return budget.spend(left.length / COMPARED_PER_STEP) && left === right;
}

function areSameLists(
  left: readonly unknown[],
  right: readonly unknown[],
  budget: WorkBudget,
  depth: number,
): boolean {
  if (left.length !== right.length) return false;
  return left.every((entry, index) => areEqual(entry, right[index], budget, depth + 1));
}

function areSameMaps(left: object, right: object, budget: WorkBudget, depth: number): boolean {
  const entries = entriesOf(left);
  const others = new Map(entriesOf(right));
  if (entries.length !== others.size || !budget.spend(entries.length)) return false;
  return entries.every(
    ([key, value]) => others.has(key) && areEqual(value, others.get(key), budget, depth + 1),
  );
}

function entriesOf(map: object): [unknown, unknown][] {
  return map instanceof Map ? [...map] : Object.entries(map);
}
