import { pathToFileURL } from 'node:url';
import type { ChildModule } from '../runner/child-setup.js';
import { createRunnerPool, type RunnerPoolOptions } from '../runner/runner-pool.js';
import type { ModuleBindings } from './connect-modules.js';
import type { Connector } from './connector.js';

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

/** Modules that run in a warm child process: those that come with Phi, and handlers. */
export const childConnector = (
  bindings: ModuleBindings,
  options: Omit<RunnerPoolOptions, 'modules'>,
): Connector => {
  const pool = createRunnerPool({ ...options, modules: childModules(bindings) });
  return {
    takesSeveral: true,
    isRemote: false,
    run: (attempt, hooks) => pool.run(attempt, hooks),
    bodies: pool,
    close: () => pool.close(),
  };
};
