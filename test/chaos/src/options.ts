import { parseArgs } from 'node:util';

import { LONG, NEMESES } from './nemesis/nemeses.js';
import type { ChaosOptions } from './run-chaos.js';

export interface Options extends Omit<ChaosOptions, 'onProgress'> {
  readonly json: boolean;
  readonly list: boolean;
  readonly help: boolean;
}

const DEFAULT_EXECUTIONS = 5000;
/** From so many executions on, there is time for faults that last long. */
const LONG_FROM = 1000;
const NAMES = NEMESES.map(({ name }) => name);

export const HELP = `npm run chaos -- [options]

Runs every service as its own processes on a Redis of its own, disturbs them, lets everything heal and drain, and
checks the invariants of docs/reliability.md. Exit status 0: no violation; 1: violations, and what they were is kept; 2: usage.

  --seed N           what is started and what is disturbed follows from it (default: another one each time)
  --executions N     how much clients ask for (default ${String(DEFAULT_EXECUTIONS)}): every job of a run that they trigger counts, and
                     every event and every dead letter that they retry, once; what events and schedules start does not
  --nemesis a,b,...  only these kinds of faults; "none" for none (default: all; below ${String(LONG_FROM)} executions not ${[...LONG].join(', ')})
  --list             the kinds of faults
  -o json            machine-readable
  -h, --help         this text
`;

export type ReadOptions =
  { readonly ok: true; readonly options: Options } | { readonly ok: false; readonly problem: string };

export function readOptions(args: readonly string[]): ReadOptions {
  try {
    return { ok: true, options: parse(args) };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

function parse(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      executions: { type: 'string', default: String(DEFAULT_EXECUTIONS) },
      nemesis: { type: 'string' },
      list: { type: 'boolean', default: false },
      output: { type: 'string', short: 'o', default: 'table' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const executions = whole('executions', values.executions);
  if (values.output !== 'json' && values.output !== 'table')
    throw new RangeError(`-o ${values.output} is no format; accepted: json, table`);
  return {
    seed: whole('seed', values.seed),
    executions,
    nemeses: values.nemesis === undefined ? fitting(executions) : named(values.nemesis),
    json: values.output === 'json',
    list: values.list,
    help: values.help,
  };
}

/** Every kind of fault that a run of so many executions has time for. */
export function fitting(executions: number): readonly string[] {
  return executions < LONG_FROM ? NAMES.filter((name) => !LONG.has(name)) : NAMES;
}

function named(text: string): readonly string[] {
  if (text === 'none') return [];
  const names = text.split(',');
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined)
    throw new RangeError(`--nemesis ${unknown} is no kind of fault; accepted: none, ${NAMES.join(', ')}`);
  return names;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`--${name} ${text} is not a number; accepted: a whole number from 1`);
  return value;
}
