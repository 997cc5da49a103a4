import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';

/** Every script of the store; the file of that name under lua/ says what it takes and answers. */
export const SCRIPT_NAMES = [
  'create-execution',
  'transition-execution',
  'record-tick',
  'register-executor',
  'renew-lease',
  'leave-executor',
  'set-limits',
  'redeliver',
  'register-jobs',
  'save-checkpoint',
] as const;
export type ScriptName = (typeof SCRIPT_NAMES)[number];

interface Script {
  readonly source: string;
  readonly sha: string;
}

const SHIPPED_SCRIPTS = new URL('../lua/', import.meta.url);
const INCLUDE = /^-- @include (\S+)$/;

export type ScriptArgument = string | number | Buffer;

/** ioredis has these, its type declarations do not. */
interface BufferScripts {
  evalshaBuffer(sha: string, keys: number, ...args: ScriptArgument[]): Promise<unknown>;
  evalBuffer(source: string, keys: number, ...args: ScriptArgument[]): Promise<unknown>;
}

/** The scripts of one namespace on one connection. */
export class Scripts {
  private readonly known = new Map<ScriptName, Script>();

  /** @param directory - where the scripts are; only tests have others than those shipped */
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly directory: URL = SHIPPED_SCRIPTS,
  ) {}

  /** Runs a script by its digest, and sends its text when the server does not know it (any more). */
  async run(name: ScriptName, args: readonly ScriptArgument[]): Promise<unknown> {
    const { source, sha } = this.scriptOf(name);
    const client = this.redis as unknown as BufferScripts;
    try {
      return await client.evalshaBuffer(sha, 1, this.keys.prefix, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return await client.evalBuffer(source, 1, this.keys.prefix, ...args);
    }
  }

  /** The same for scripts that answer one word. */
  async runForWord(name: ScriptName, args: readonly ScriptArgument[]): Promise<string> {
    return String(await this.run(name, args));
  }

  private scriptOf(name: ScriptName): Script {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const source = this.sourceOf(name);
    const script = { source, sha: createHash('sha1').update(source).digest('hex') };
    this.known.set(name, script);
    return script;
  }

  private sourceOf(name: ScriptName): string {
    const lines = this.linesOf(name).map((line) => {
      const included = INCLUDE.exec(line)?.[1];
      return included === undefined ? line : this.linesOf(included).join('\n');
    });
    return lines.join('\n');
  }

  private linesOf(name: string): string[] {
    return readFileSync(new URL(`${name}.lua`, this.directory), 'utf8').split('\n');
  }
}
