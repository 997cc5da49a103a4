import { PhiError } from '@phi/core';
import { z } from 'zod';
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
  if (isModule(found)) return found;
  throw new Error(`it exports no module "${name}"; accepted: one made by defineModule`);
};

const unloadable = (name: string, url: string, error: unknown): PhiError => {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new PhiError(
    'EXEC_005_INVALID_CONFIG',
    `the handler ${name} cannot be loaded from ${url}: ${reason}`,
    {
      operation: 'handler.load',
      data: { module: name },
      cause: error,
    },
  );
};

/**
 * A handler, which is being loaded from now on. One that cannot be loaded, or that never is, is the business of the attempts that use it, not
 * of everything else that this process may run.
 */
const handler = (name: string, url: string): Module => {
  const loading = loadHandler(name, url).catch((error: unknown) => {
    throw unloadable(name, url, error);
  });
  loading.catch(() => undefined);
  return {
    name,
    parameters: z.unknown(),
    run: async (context) => (await loading).run(context),
  };
};

const findBuiltin = (name: string, module: string): Module => {
  const found = BUILTIN_MODULES.find((builtin) => builtin.name === module);
  if (found === undefined) throw new Error(`there is no built-in module "${module}"`);
  return { ...found, name };
};

/** @param modules what each name stands for */
export const loadModules = (modules: Readonly<Record<string, ChildModule>>): ModuleRegistry =>
  createModuleRegistry(
    Object.entries(modules).map(([name, module]) =>
      module.kind === 'builtin' ? findBuiltin(name, module.module) : handler(name, module.url),
    ),
  );
