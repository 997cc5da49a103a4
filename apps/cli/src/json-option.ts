import { readFileSync } from 'node:fs';
import path from 'node:path';

import { usageError } from './cli-error.js';
import type { Context } from './context.js';
import { errorCode } from './error-code.js';

/**
 * The text of an option that takes it as it is, from a file as `@FILE`, or from standard input as `@-`.
 *
 * @param option - names it in what is said
 * @throws CliError for a file that cannot be read
 */
export async function readOptionText(option: string, given: string, context: Context): Promise<string> {
  if (!given.startsWith('@')) return given;
  const name = given.slice(1);
  if (name === '-') return context.readStdin();
  try {
    return readFileSync(path.resolve(context.directory, name), 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    throw usageError(option, `names a file that cannot be read (${code}): ${name}`, '@FILE');
  }
}

/** @returns undefined for a text that is not JSON */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
