/** What a value is. Numbers of JSON are doubles; literals without a point are ints, and both go together. */
export type Kind = 'null' | 'bool' | 'int' | 'double' | 'string' | 'list' | 'map' | 'timestamp' | 'duration';

/** What is known of a value before there is one; `dyn` is nothing. */
export type StaticType = Kind | 'dyn';

/** An instant. */
export class Timestamp {
  /** @param epochMs - milliseconds since 1970 */
  constructor(readonly epochMs: number) {}
}

/** A length of time, which may be negative. */
export class Duration {
  constructor(readonly milliseconds: number) {}
}

export interface ValueOf {
  readonly null: null;
  readonly bool: boolean;
  readonly int: bigint;
  readonly double: number;
  readonly string: string;
  readonly list: readonly unknown[];
  readonly map: object;
  readonly timestamp: Timestamp;
  readonly duration: Duration;
  readonly dyn: unknown;
}

/** @returns undefined for what no expression may touch: functions, instances of classes, missing values */
export function kindOf(value: unknown): Kind | undefined {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'object':
      return kindOfObject(value);
    default:
      return undefined;
  }
}

function kindOfObject(value: object | null): Kind | undefined {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'map';
  if (value instanceof Timestamp) return 'timestamp';
  if (value instanceof Duration) return 'duration';
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null ? 'map' : undefined;
}

/** Kinds that go together: all numbers are one family. */
export function familyOf(type: StaticType | undefined): StaticType | 'number' | undefined {
  return type === 'int' || type === 'double' ? 'number' : type;
}

/** A kind in a sentence. */
export function nameOf(type: StaticType | undefined): string {
  if (type === undefined) return 'a value that is not JSON';
  if (type === 'null' || type === 'dyn') return type === 'null' ? 'null' : 'any value';
  return type === 'int' ? 'an int' : `a ${type}`;
}
