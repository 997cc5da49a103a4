import type { Module } from './define-module.js';
import { PhiError } from '@phi/core';

/** Modules by the name that `pipeline_modules` uses. */
export interface ModuleRegistry {
  readonly names: readonly string[];
  /** @throws PhiError EXEC_016_MODULE_NOT_REGISTERED if no module has that name */
  get(name: string): Module;
}

/** @param modules a later one of the same name goes before an earlier one */
export const createModuleRegistry = (modules: readonly Module[]): ModuleRegistry => {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const names = [...byName.keys()];
  return {
    names,
    get(name) {
      const module = byName.get(name);
      if (module === undefined) {
        throw new PhiError(
          'EXEC_016_MODULE_NOT_REGISTERED',
          `pipeline_modules: no module "${name}"; registered: ${names.join(', ')}`,
          { operation: 'module.find', data: { module: name } },
        );
      }
      return module;
    },
  };
};
