import { BUILTIN_MODULES } from '../builtin-modules.js';
import type { Module } from '../contract/define-module.js';
import { createModuleRegistry } from '../contract/module-registry.js';
import type { ModuleRegistry } from '../contract/module-registry.js';
import type { ChildModule } from './child-setup.js';

const isModule = (value: unknown): value is Module =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  'run' in value &&
  typeof value.run === 'function';

const loadHandler = async (name: string, url: string): Promise<Module> => {
  const loaded = (await import(url)) as Record<string, unknown>;
  const found = Object.values(loaded).find((value) => isModule(value) && value.name === name);
  if (!isModule(found))
    throw new Error(`${url} exports no module "${name}"; expected one made by defineModule`);
  return found;
};

const findBuiltin = (name: string, module: string): Module => {
  const found = BUILTIN_MODULES.find((builtin) => builtin.name === module);
  if (found === undefined) throw new Error(`there is no built-in module "${module}"`);
  return { ...found, name };
};

/** @param modules what each name stands for */
export const loadModules = async (
  modules: Readonly<Record<string, ChildModule>>,
): Promise<ModuleRegistry> => {
  const loaded = Object.entries(modules).map(async ([name, module]) =>
    module.kind === 'builtin' ? findBuiltin(name, module.module) : loadHandler(name, module.url),
  );
  return createModuleRegistry(await Promise.all(loaded));
};
