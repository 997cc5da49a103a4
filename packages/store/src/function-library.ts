import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';

/** Every function of the store; the file of that name under lua/functions says what it takes and answers. */
export const FUNCTION_NAMES = [
  'create-execution',
  'accept-event',
  'flush-trigger',
  'transition-execution',
  'decide-conditions',
  'publish-dataset',
  'note-execution',
  'settle-tick',
  'pause-schedule',
  'mark-schedule',
  'set-windows',
  'elect',
  'wait-remotely',
  'register-executor',
  'renew-lease',
  'leave-executor',
  'cancel-executions',
  'rerun-run',
  'retry-now',
  'set-limits',
  'remove-pool',
  'redeliver',
  'register-jobs',
  'save-checkpoint',
  'purge-dead-letters',
  'append-log',
  'report-exhaustion',
  'read-exhaustion',
  'record-remote-job',
  'forget-remote-job',
  'note-remote-orphan',
  'rebuild-execution',
  'mend-state',
  'remove-run',
  'read-offered',
  'read-used',
  'forget-schedule',
  'check-store',
  'repair-store',
  'save-redrive',
  'advance-epoch',
  'report-data-loss',
  'acknowledge-data-losses',
] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** What must go on when Redis is at its memory limit: work that runs is ended, leases are kept, slots given back, and it is said. */
const WITHOUT_MEMORY: ReadonlySet<FunctionName> = new Set([
  'transition-execution',
  'note-execution',
  'publish-dataset',
  'purge-dead-letters',
  'forget-remote-job',
  'wait-remotely',
  'decide-conditions',
  'register-executor',
  'renew-lease',
  'leave-executor',
  'redeliver',
  'cancel-executions',
  'retry-now',
  'report-exhaustion',
  'read-exhaustion',
  'forget-remote-job',
  'remove-run',
  'mend-state',
  'forget-schedule',
  'repair-store',
  'advance-epoch',
  'report-data-loss',
  'acknowledge-data-losses',
]);

/** What only reads: Redis refuses it every write. */
const READ_ONLY: ReadonlySet<FunctionName> = new Set(['check-store', 'read-offered', 'read-used']);

/** What every part begins with: its names are known to all of them. */
const COMMON = ['generated', 'context'] as const;

/** The parts of the library, each a table of that name, each after those it uses while it is loaded. */
const PARTS = [
  'sealed',
  'damage',
  'writes',
  'record',
  'windows',
  'amounts',
  'lanes',
  'exhaustion',
  'limits',
  'placement',
  'remote',
  'reservation',
  'parking',
  'admission',
  'lease',
  'run',
  'plan',
  'outcomes',
  'decisions',
  'edges',
  'standing',
  'gate',
  'dead_letters',
  'pass',
  'settle',
  'release',
  'checkpoints',
  'transition',
  'cancel',
  'hurry',
  'ledger',
  'tick',
  'create',
  'batch',
  'events',
  'rebuild',
  'rebuild_edges',
  'rebuild_outcomes',
  'history',
  'findings',
  'indexes',
  'movers',
  'fences',
  'slot_sums',
  'released',
  'attempts',
  'checkpoint_order',
  'trigger_batches',
  'dead_letter_counts',
  'history_path',
  'integrity',
] as const;

const SHIPPED = new URL('../lua/', import.meta.url);

export type FunctionArgument = string | number | Buffer;

/** ioredis has it, its type declarations do not. */
interface BufferFunctions {
  fcallBuffer(name: string, keys: number, ...args: FunctionArgument[]): Promise<unknown>;
}

interface Library {
  readonly source: string;
  /** Ends the names of the library and its functions: builds side by side each call their own. */
  readonly digest: string;
}

/**
 * The Lua of one namespace on one connection, as a library of Redis functions: loaded once, so that a call pays for
 * nothing but its work (docs/adr/0007-redis-functions.md).
 */
export class FunctionLibrary {
  private readonly library: Library;

  /** @param directory - where the Lua is; only tests have other than what is shipped */
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    directory: URL = SHIPPED,
  ) {
    this.library = readLibrary(directory);
  }

  /** Calls a function, and loads the library when the server does not have it (any more). */
  async call(name: FunctionName, args: readonly FunctionArgument[]): Promise<unknown> {
    const full = `${luaName(name)}_${this.library.digest}`;
    const client = this.redis as unknown as BufferFunctions;
    try {
      return await client.fcallBuffer(full, 1, this.keys.prefix, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('Function not found')) throw error;
      await this.redis.function('LOAD', 'REPLACE', this.library.source);
      return await client.fcallBuffer(full, 1, this.keys.prefix, ...args);
    }
  }

  /** The same for functions that answer one word. */
  async callForWord(name: FunctionName, args: readonly FunctionArgument[]): Promise<string> {
    return String(await this.call(name, args));
  }
}

const libraries = new Map<string, Library>();

function readLibrary(directory: URL): Library {
  const known = libraries.get(directory.href);
  if (known !== undefined) return known;
  const read = (path: string): string => readFileSync(new URL(path, directory), 'utf8');
  const body = [
    ...COMMON.map((part) => read(`lib/${part}.lua`)),
    `local ${PARTS.join(', ')}`,
    ...PARTS.map((part) => block(read(`lib/${part}.lua`))),
    ...FUNCTION_NAMES.map((name) => block(read(`functions/${name}.lua`))),
  ].join('\n');
  const digest = createHash('sha1').update(body).digest('hex').slice(0, 12);
  const registrations = FUNCTION_NAMES.map((name) => registration(name, digest));
  const library = { digest, source: [`#!lua name=phi_${digest}`, body, ...registrations, ''].join('\n') };
  libraries.set(directory.href, library);
  return library;
}

/** A scope of its own: Lua has room for 200 local names in one. */
function block(source: string): string {
  return `do\n${source}\nend`;
}

function registration(name: FunctionName, digest: string): string {
  const lua = luaName(name);
  const words = [
    ...(WITHOUT_MEMORY.has(name) ? ["'allow-oom'"] : []),
    ...(READ_ONLY.has(name) ? ["'no-writes'"] : []),
  ];
  const flags = words.length === 0 ? '' : `, flags = { ${words.join(', ')} }`;
  const callback = `function(keys, args) begin(keys) return functions.${lua}(args) end`;
  return `redis.register_function{ function_name = '${lua}_${digest}', callback = ${callback}${flags} }`;
}

function luaName(name: FunctionName): string {
  return name.replaceAll('-', '_');
}
