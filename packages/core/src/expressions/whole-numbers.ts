import { Fault } from './fault.js';

export const MAX_INT = 9_223_372_036_854_775_807n;
export const MIN_INT = -MAX_INT - 1n;

/** An int as CEL has it: 64 bits, and a fault beyond. */
export function wholeNumber(value: bigint): bigint | Fault {
  return value <= MAX_INT && value >= MIN_INT ? value : new Fault('a whole number overflows');
}

/** The index or count that a number stands for; undefined where it is not a whole one. */
export function indexOf(value: unknown): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}
