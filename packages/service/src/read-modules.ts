import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { loadDefinitions, type ModuleBinding, type Problem } from '@phi/core';

import type { Variables } from './environment.js';

/** What module names stand for, by name. */
type ModuleBindings = Readonly<Record<string, ModuleBinding>>;

/** What a service's modules stand for, and what is wrong with how that was said. */
export interface ReadModules {
  readonly bindings: ModuleBindings;
  readonly problems: readonly Problem[];
}

const HANDLER = /^([A-Za-z][A-Za-z0-9_-]*)=(.+)$/;

/**
 * Reads the module registry: the file that PHI_MODULES names (`modules:`, name to binding), and PHI_HANDLERS (`NAME=path`, separated
 * by commas), which goes before it (docs/adr/0020-connectors.md).
 *
 * @returns bindings with absolute paths: those of a file are relative to it, as are arguments that begin with ./ or ../
 */
export function readModules(variables: Variables): ReadModules {
  const file = readFile(variables['PHI_MODULES']);
  const handlers = readHandlers(variables['PHI_HANDLERS'] ?? '');
  return {
    bindings: { ...file.bindings, ...handlers.bindings },
    problems: [...file.problems, ...handlers.problems],
  };
}

function readFile(path: string | undefined): ReadModules {
  if (path === undefined || path === '') return { bindings: {}, problems: [] };
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = `cannot be read (${error instanceof Error ? error.message : String(error)})`;
    return { bindings: {}, problems: [{ field: 'PHI_MODULES', reason, accepted: 'a file of modules' }] };
  }
  const { definitions, problems } = loadDefinitions([{ file: path, text }]);
  const bindings = Object.entries(definitions.modules).map(([name, binding]) => [
    name,
    fromFile(binding, dirname(resolve(path))),
  ]);
  return { bindings: Object.fromEntries(bindings) as ModuleBindings, problems };
}

function fromFile(binding: ModuleBinding, directory: string): ModuleBinding {
  if (binding.kind === 'handler') return { ...binding, path: resolve(directory, binding.path) };
  if (binding.kind !== 'command') return binding;
  return { ...binding, argv: binding.argv.map((argument) => besideFile(argument, directory)) };
}

/** A program runs in a directory of its attempt: what its author wrote as beside the file must be found from there. */
function besideFile(argument: string, directory: string): string {
  return /^\.{1,2}\//.test(argument) ? join(directory, argument) : argument;
}

function readHandlers(text: string): ReadModules {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const bindings: Record<string, ModuleBinding> = {};
  const problems: Problem[] = [];
  for (const entry of entries) {
    const [, name, path] = HANDLER.exec(entry) ?? [];
    if (name !== undefined && path !== undefined) bindings[name] = { kind: 'handler', path: resolve(path) };
    else {
      const reason = `"${entry}" is not a handler`;
      problems.push({ field: 'PHI_HANDLERS', reason, accepted: 'NAME=path, separated by commas' });
    }
  }
  return { bindings, problems };
}
