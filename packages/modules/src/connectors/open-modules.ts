import type { ModuleKind } from '@phi/core';
import type { RunnerPoolOptions } from '../runner/runner-pool.js';
import { childConnector } from './child-connector.js';
import { connectModules, type ConnectedModules, type ModuleBindings } from './connect-modules.js';

/** What connectors need of their process. */
export interface ModulesOptions {
  /** For modules that run in a child process. */
  readonly children: Omit<RunnerPoolOptions, 'modules'>;
}

const unavailable = (kind: ModuleKind) => (): never => {
  throw new Error(`modules of kind ${kind} cannot be driven`);
};

/** Opens what drives the modules of each kind. */
export const openModules = (bindings: ModuleBindings, { children }: ModulesOptions): ConnectedModules => {
  const inChildren = childConnector(bindings, children);
  return connectModules(bindings, {
    builtin: () => inChildren,
    handler: () => inChildren,
    command: unavailable('command'),
    http: unavailable('http'),
    queue: unavailable('queue'),
  });
};
