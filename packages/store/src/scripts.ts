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

const LUA_DIRECTORY = new URL('../lua/', import.meta.url);
const INCLUDE = /^-- @include (\S+)$/;

function readScript(name: ScriptName): Script {
  const lines = readLua(name).map((line) => {
    const included = INCLUDE.exec(line)?.[1];
    return included === undefined ? line : readLua(included).join('\n');
  });
  const source = lines.join('\n');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

function readLua(name: string): string[] {
  return readFileSync(new URL(`${name}.lua`, LUA_DIRECTORY), 'utf8').split('\n');
}

const scripts = new Map<ScriptName, Script>();

function scriptOf(name: ScriptName): Script {
  const known = scripts.get(name);
  if (known !== undefined) return known;
  const script = readScript(name);
  scripts.set(name, script);
  return script;
}

export type ScriptArgument = string | number | Buffer;

/** ioredis has these, its type declarations do not. */
interface BufferScripts {
  evalshaBuffer(sha: string, keys: number, ...args: ScriptArgument[]): Promise<unknown>;
  evalBuffer(source: string, keys: number, ...args: ScriptArgument[]): Promise<unknown>;
}

/** Runs a script by its digest, and sends its text when the server does not know it (any more). */
export async function runScript(redis: Redis, keys: Keys, name: ScriptName, args: readonly ScriptArgument[]): Promise<unknown> {
  const { source, sha } = scriptOf(name);
  const client = redis as unknown as BufferScripts;
  try {
    return await client.evalshaBuffer(sha, 1, keys.prefix, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return await client.evalBuffer(source, 1, keys.prefix, ...args);
  }
}

/** The same for scripts that answer one word. */
export async function runScriptForWord(redis: Redis, keys: Keys, name: ScriptName, args: readonly ScriptArgument[]): Promise<string> {
  return String(await runScript(redis, keys, name, args));
}
