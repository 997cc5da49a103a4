import { BUILTIN_MODULES } from '../builtin-modules.js';
import type { Module } from '../contract/define-module.js';
import { createModuleRegistry } from '../contract/module-registry.js';
import type { ModuleRegistry } from '../contract/module-registry.js';

const isModule = (value: unknown): value is Module =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  'run' in value &&
  typeof value.run === 'function';

const loadModule = async (name: string, url: string): Promise<Module> => {
  const loaded = (await import(url)) as Record<string, unknown>;
  const found = Object.values(loaded).find((value) => isModule(value) && value.name === name);
  if (!isModule(found))
    throw new Error(`${url} exports no module "${name}"; expected one made by defineModule`);
  return found;
};

/** @param extra name → URL of a file that exports a module of that name */
export const loadModules = async (extra: Readonly<Record<string, string>>): Promise<ModuleRegistry> => {
  const loaded = await Promise.all(Object.entries(extra).map(async ([name, url]) => loadModule(name, url)));
  return createModuleRegistry([...BUILTIN_MODULES, ...loaded]);
};
