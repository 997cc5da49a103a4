import { parseArgs } from 'node:util';

export const SECTIONS = [
  'throughput',
  'latency',
  'start',
  'fan-out',
  'admission',
  'schedules',
  'graph',
] as const;
export type Section = (typeof SECTIONS)[number];

export interface Options {
  readonly sections: ReadonlySet<Section>;
  readonly executions: number;
  readonly rounds: number;
  readonly concurrency: number;
  readonly samples: number;
  readonly dependents: number;
  readonly waiting: number;
  readonly seconds: number;
  readonly json: boolean;
  readonly help: boolean;
}

export const HELP = `npm run bench -- [options]

  --only SECTION   ${SECTIONS.join(', ')}; repeated for several (default: all)
  -o json          machine-readable
  -h, --help       this text

throughput: executions from trigger to completion; Phi and raw BullMQ take turns on the same Redis, every figure is the
median of the rounds.
  --executions N   executions in a round (default 4000)
  --rounds N       counted rounds, after one that warms up (default 5)
  --concurrency N  bodies at once (default 20)

latency: from trigger to body, and from body to body, with nothing else to do.
  --samples N      samples of each (default 500)

start: a body that does nothing, in this process and in a warm child; Redis takes no part.
  --samples N      attempts of each (default 500)

fan-out: one job, the jobs that depend on it, and one that depends on all of these.
  --dependents N   jobs in between (default 1000)
  --rounds N       runs, after one that warms up (default 5)

admission: 1,000 pools each with a full limit of its own, then one full pool that 1,000 jobs share; as executions end, what
waits is admitted. What is left of it stays queued.
  --waiting N      executions queued of each (default 100000)
  --executions N   executions measured (default 4000)
  --concurrency N  bodies at once (default 20)

schedules: 10,000 and 100,000 schedules of which 100 are due each second, fired by a scheduler process. No executor
runs: what is created stays queued, under EXECUTOR_QUEUE_CAPACITY=100000.
  --seconds N      seconds measured of each (default 30)

graph: dependency graphs of 10,000 and 100,000 jobs compiled, and a change of one job validated; no Redis takes part.
  --rounds N       compilations of each (default 5)

REDIS_URL names the Redis to use; its data is added to, and its statistics are reset.
`;

const NUMBERS = {
  executions: '4000',
  rounds: '5',
  concurrency: '20',
  samples: '500',
  dependents: '1000',
  waiting: '100000',
  seconds: '30',
} as const;

type OptionsResult =
  { readonly ok: true; readonly options: Options } | { readonly ok: false; readonly problem: string };

/** Reads the command line; what is wrong with it is said in one line. */
export function readOptions(args: readonly string[]): OptionsResult {
  try {
    return { ok: true, options: parse(args) };
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    return { ok: false, problem: error.message };
  }
}

/** @throws TypeError or RangeError for what cannot be read */
function parse(args: readonly string[]): Options {
  const text = (byDefault: string): { type: 'string'; default: string } => ({
    type: 'string',
    default: byDefault,
  });
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [...SECTIONS] },
      executions: text(NUMBERS.executions),
      rounds: text(NUMBERS.rounds),
      concurrency: text(NUMBERS.concurrency),
      samples: text(NUMBERS.samples),
      dependents: text(NUMBERS.dependents),
      waiting: text(NUMBERS.waiting),
      seconds: text(NUMBERS.seconds),
      output: { type: 'string', short: 'o', default: 'table' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    sections: new Set(values.only.map(sectionOf)),
    executions: whole('executions', values.executions),
    rounds: whole('rounds', values.rounds),
    concurrency: whole('concurrency', values.concurrency),
    samples: whole('samples', values.samples),
    dependents: whole('dependents', values.dependents),
    waiting: whole('waiting', values.waiting),
    seconds: whole('seconds', values.seconds),
    json: formatOf(values.output) === 'json',
    help: values.help,
  };
}

function sectionOf(name: string): Section {
  const found = SECTIONS.find((section) => section === name);
  if (found === undefined)
    throw new RangeError(`--only ${name} is no section; accepted: ${SECTIONS.join(', ')}`);
  return found;
}

function formatOf(name: string): string {
  if (name !== 'json' && name !== 'table')
    throw new RangeError(`-o ${name} is no format; accepted: json, table`);
  return name;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`--${name} ${text} is not a number; accepted: a whole number from 1`);
  return value;
}
