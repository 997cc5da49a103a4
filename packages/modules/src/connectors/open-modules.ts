import type { ModuleKind } from '@phi/core';
import type { RunnerPoolOptions } from '../runner/runner-pool.js';
import { childConnector } from './child-connector.js';
import { CommandDriver } from './command/command-driver.js';
import { GroupWatchdog } from './command/group-watchdog.js';
import type { ProgramSurroundings } from './command/program-environment.js';
import { Gate } from '../runner/gate.js';
import {
  connectModules,
  type ConnectedModules,
  type ConnectorFactories,
  type ModuleBindings,
} from './connect-modules.js';
import { HttpDriver, type RemoteOptions } from './http/http-driver.js';
import { QueueDriver, type QueueOptions } from './queue/queue-driver.js';
import { stageConnector } from './stage-connector.js';

/** What connectors need of their process. */
export interface ModulesOptions {
  /** For modules that run in a child process. */
  readonly children: Omit<RunnerPoolOptions, 'modules'>;
  /** For modules over HTTP, which cannot be driven without it. */
  readonly remote?: RemoteOptions;
  /** What modules that are programs may be given of this process. Default: nothing. */
  readonly programs?: Omit<ProgramSurroundings, 'env'>;
  /** For modules that are workers on queues. */
  readonly queues?: QueueOptions;
}

const unavailable = (kind: ModuleKind) => (): never => {
  throw new Error(`modules of kind ${kind} cannot be driven`);
};

/** Opens what drives the modules of each kind. */
export const openModules = (
  bindings: ModuleBindings,
  { children, programs = { variables: {}, secrets: new Map() }, queues, remote }: ModulesOptions,
): ConnectedModules => {
  const inChildren = childConnector(bindings, children);
  const watchdog = new GroupWatchdog();
  const gate = new Gate();
  const beforeSend = async (): Promise<void> => gate.passed();
  const ofPrograms = { ...programs, gate, env: children.childEnv, forceKillMs: children.forceKillMs };
  const factories: ConnectorFactories = {
    builtin: () => inChildren,
    handler: () => inChildren,
    command: (binding) => stageConnector(new CommandDriver(binding, watchdog, ofPrograms), gate),
    http:
      remote === undefined
        ? unavailable('http')
        : (binding, name) => stageConnector(new HttpDriver(binding, name, { ...remote, beforeSend }), gate),
    queue:
      queues === undefined
        ? unavailable('queue')
        : (binding) => stageConnector(new QueueDriver(binding, queues, gate), gate),
  };
  const connected = connectModules(bindings, factories, gate);
  return {
    ...connected,
    reload: () => {
      inChildren.reload();
    },
  };
};
