import type { ModuleKind } from '@phi/core';
import type { RunnerPoolOptions } from '../runner/runner-pool.js';
import { childConnector } from './child-connector.js';
import { HttpDriver, type RemoteOptions } from './http/http-driver.js';
import { stageConnector } from './stage-connector.js';
import { connectModules, type ConnectedModules, type ModuleBindings } from './connect-modules.js';

/** What connectors need of their process. */
export interface ModulesOptions {
  /** For modules that run in a child process. */
  readonly children: Omit<RunnerPoolOptions, 'modules'>;
  /** For modules over HTTP, which cannot be driven without it. */
  readonly remote?: RemoteOptions;
}

const unavailable = (kind: ModuleKind) => (): never => {
  throw new Error(`modules of kind ${kind} cannot be driven`);
};

/** Opens what drives the modules of each kind. */
export const openModules = (
  bindings: ModuleBindings,
  { children, remote }: ModulesOptions,
): ConnectedModules => {
  const inChildren = childConnector(bindings, children);
  return connectModules(bindings, {
    builtin: () => inChildren,
    handler: () => inChildren,
    command: unavailable('command'),
    http:
      remote === undefined
        ? unavailable('http')
        : (binding, name) => stageConnector(new HttpDriver(binding, name, remote)),
    queue: unavailable('queue'),
  });
};
