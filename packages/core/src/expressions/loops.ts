import { Fault } from './fault.js';
import type { StaticType } from './kind.js';

/** A macro that goes through the entries of a list (CEL: "Macros"). */
export interface Loop {
  readonly name: string;
  /** What is asked of each entry, after its name. */
  readonly bodies: readonly ('CONDITION' | 'VALUE')[];
  readonly type: StaticType;
  start(): Pass;
}

/** One pass over one list. */
interface Pass {
  /**
   * @param run - computes a body for the entry
   * @returns the macro's value if this entry decides it, undefined to go on
   */
  take(entry: unknown, run: (body: number) => unknown): unknown;
  /** The macro's value when no entry has decided it. */
  end(): unknown;
}

const LOOPS: readonly Loop[] = [
  { name: 'all', bodies: ['CONDITION'], type: 'bool', start: () => quantify(false) },
  { name: 'exists', bodies: ['CONDITION'], type: 'bool', start: () => quantify(true) },
  { name: 'exists_one', bodies: ['CONDITION'], type: 'bool', start: countToOne },
  { name: 'filter', bodies: ['CONDITION'], type: 'list', start: keep },
  { name: 'map', bodies: ['VALUE'], type: 'list', start: () => transform(0) },
  { name: 'map', bodies: ['CONDITION', 'VALUE'], type: 'list', start: () => transform(1) },
];

export const LOOP_NAMES: readonly string[] = [...new Set(LOOPS.map(({ name }) => name))];

/** @param bodies - how many arguments follow the entry's name */
export function findLoop(name: string, bodies: number): Loop | undefined {
  return LOOPS.find((loop) => loop.name === name && loop.bodies.length === bodies);
}

/** One entry can decide the whole, whatever faults others have. */
function quantify(decisive: boolean): Pass {
  let undecided: unknown = !decisive;
  return {
    take: (_entry, run) => {
      const value = run(0);
      if (value instanceof Fault) undecided = value;
      return value === decisive ? decisive : undefined;
    },
    end: () => undecided,
  };
}

function countToOne(): Pass {
  let count = 0;
  return {
    take: (_entry, run) => {
      const value = run(0);
      if (value === true) count += 1;
      return faultOr(value);
    },
    end: () => count === 1,
  };
}

function keep(): Pass {
  const kept: unknown[] = [];
  return {
    take: (entry, run) => {
      const value = run(0);
      if (value === true) kept.push(entry);
      return faultOr(value);
    },
    end: () => kept,
  };
}

/** @param body - that gives the new entry; what comes before it says whether there is one */
function transform(body: number): Pass {
  const made: unknown[] = [];
  return {
    take: (_entry, run) => {
      const wanted = body === 0 ? true : run(0);
      if (wanted !== true) return faultOr(wanted);
      const value = run(body);
      made.push(value);
      return faultOr(value);
    },
    end: () => made,
  };
}

function faultOr(value: unknown): Fault | undefined {
  return value instanceof Fault ? value : undefined;
}
