import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import type { Source } from '@phi/core';

import { usageError } from '../cli-error.js';
import type { Context } from '../context.js';
import { errorCode } from '../error-code.js';

const DEFINITION_FILE = /\.(?:ya?ml|json)$/;
const STDIN = '-';
const ACCEPTED = 'files, directories with *.yaml, *.yml or *.json in them, or - for standard input';

/**
 * The texts that arguments name: files, the definition files of directories (not of those below them), or standard input.
 *
 * @throws CliError for what is not there or has none
 */
export async function findSources(
  names: readonly string[],
  context: Pick<Context, 'directory' | 'readStdin'>,
): Promise<Source[]> {
  const sources: Source[] = [];
  for (const name of new Set(names)) {
    if (name === STDIN) sources.push({ file: '<stdin>', text: await context.readStdin() });
    else sources.push(...filesOf(name, context.directory).map((file) => readSource(file, context.directory)));
  }
  return sources;
}

/** @returns the name itself, or for a directory those of its definition files, sorted */
function filesOf(name: string, directory: string): string[] {
  const stats = statSync(path.resolve(directory, name), { throwIfNoEntry: false });
  if (stats === undefined) throw usageError(name, 'does not exist', ACCEPTED);
  if (!stats.isDirectory()) return [name];
  const files = readdirSync(path.resolve(directory, name), { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && DEFINITION_FILE.test(entry.name))
    .map((entry) => path.join(name, entry.name))
    .sort();
  if (files.length === 0) throw usageError(name, 'is a directory without definitions', ACCEPTED);
  return files;
}

function readSource(file: string, directory: string): Source {
  try {
    return { file, text: readFileSync(path.resolve(directory, file), 'utf8') };
  } catch (error) {
    const code = errorCode(error);
    throw code === undefined ? error : usageError(file, `cannot be read (${code})`, ACCEPTED);
  }
}
