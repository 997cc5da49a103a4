import {
  BUILTIN_MODULES as BUILTIN_NAMES,
  PhiError,
  type Bodies,
  type ModuleBinding,
  type ModuleKind,
} from '@phi/core';
import { BUILTIN_MODULES } from '../builtin-modules.js';
import { Gate } from '../runner/gate.js';
import type { Connector } from './connector.js';

/** What module names stand for, by name. */
export type ModuleBindings = Readonly<Record<string, ModuleBinding>>;

/** The bindings of an installation that says nothing of its own: each built-in module by its name. */
export const DEFAULT_BINDINGS: ModuleBindings = Object.fromEntries(
  BUILTIN_NAMES.filter((name) => BUILTIN_MODULES.some((module) => module.name === name)).map((name) => [
    name,
    { kind: 'builtin', module: name },
  ]),
);

/** How modules of each kind are driven. */
export type ConnectorFactories = {
  readonly [Kind in ModuleKind]: (
    binding: Extract<ModuleBinding, { readonly kind: Kind }>,
    name: string,
  ) => Connector;
};

/** The connector of each module. */
export interface ConnectedModules {
  readonly names: readonly string[];
  /** @throws PhiError EXEC_016_MODULE_NOT_REGISTERED if no module has that name */
  connectorOf(name: string): Connector;
  /** Everything that runs on this machine, and the gate of what does not. */
  readonly bodies: Bodies;
  /** Has handlers loaded anew from their files by whatever starts from now on; what runs goes on with what it has. */
  reload(): void;
  /** Stops everything that runs; resolves when nothing does. */
  close(): Promise<void>;
}

const connect = (name: string, binding: ModuleBinding, factories: ConnectorFactories): Connector => {
  switch (binding.kind) {
    case 'builtin':
      return factories.builtin(binding, name);
    case 'handler':
      return factories.handler(binding, name);
    case 'command':
      return factories.command(binding, name);
    case 'http':
      return factories.http(binding, name);
    case 'queue':
      return factories.queue(binding, name);
  }
};

/**
 * Binds every module to what drives it (docs/adr/0020-connectors.md).
 *
 * @param gate what remote connectors pass before each call; closed while this process cannot tell whether it holds its lease
 */
export const connectModules = (
  bindings: ModuleBindings,
  factories: ConnectorFactories,
  gate = new Gate(),
): Omit<ConnectedModules, 'reload'> => {
  const byName = new Map(
    Object.entries(bindings).map(([name, binding]) => [name, connect(name, binding, factories)]),
  );
  const names = [...byName.keys()];
  const connectors = [...new Set(byName.values())];
  const bodies = connectors.flatMap((connector) => connector.bodies ?? []);
  return {
    names,
    bodies: {
      async freeze() {
        await Promise.all([gate, ...bodies].map(async (part) => part.freeze()));
      },
      async thaw() {
        await Promise.all([gate, ...bodies].map(async (part) => part.thaw()));
      },
      kill() {
        for (const part of bodies) part.kill();
      },
    },
    connectorOf(name) {
      const connector = byName.get(name);
      if (connector !== undefined) return connector;
      throw new PhiError(
        'EXEC_016_MODULE_NOT_REGISTERED',
        `pipeline_modules: no module "${name}"; registered: ${names.join(', ')}`,
        { operation: 'module.find', data: { module: name } },
      );
    },
    async close() {
      await Promise.all(connectors.map(async (connector) => connector.close()));
    },
  };
};
