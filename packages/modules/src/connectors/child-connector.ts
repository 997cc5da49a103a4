import { pathToFileURL } from 'node:url';
import type { ChildModule } from '../runner/child-setup.js';
import { createRunnerPool, type RunnerPoolOptions } from '../runner/runner-pool.js';
import type { ModuleBindings } from './connect-modules.js';
import type { Connector } from './connector.js';
import { typescriptOptions } from './typescript-options.js';

/** What a child is to run of the bindings: the modules that come with Phi, and handlers. */
const childModules = (bindings: ModuleBindings): Record<string, ChildModule> =>
  Object.fromEntries(
    Object.entries(bindings).flatMap(([name, binding]): [string, ChildModule][] => {
      if (binding.kind === 'builtin') return [[name, { kind: 'builtin', module: binding.module }]];
      if (binding.kind === 'handler')
        return [[name, { kind: 'handler', url: pathToFileURL(binding.path).href }]];
      return [];
    }),
  );

/** Drives modules that run in children. */
export interface ChildConnector extends Connector {
  /** Has handlers loaded anew from their files by whatever starts from now on. */
  reload(): void;
}

/** Modules that run in a warm child process: those that come with Phi, and handlers. */
export const childConnector = (
  bindings: ModuleBindings,
  options: Omit<RunnerPoolOptions, 'modules'>,
): ChildConnector => {
  const childEntry = options.childEntry ?? new URL('../runner/child-main.js', import.meta.url);
  const execArgv = [...(options.execArgv ?? []), ...typescriptOptions(bindings, childEntry)];
  const pool = createRunnerPool({ ...options, childEntry, execArgv, modules: childModules(bindings) });
  return {
    takesSeveral: true,
    isRemote: false,
    run: (attempt, hooks) => pool.run(attempt, hooks),
    bodies: pool,
    reload: () => {
      pool.reload();
    },
    close: () => pool.close(),
  };
};
