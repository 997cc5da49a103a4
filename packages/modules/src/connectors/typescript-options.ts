import type { ModuleBindings } from './connect-modules.js';

const TYPESCRIPT = /\.m?ts$/;

/**
 * Node's options for children that are to load these handlers: as long as Node reads no TypeScript by itself, a loader does.
 *
 * @param entry the compiled child entry, beside which it lies
 */
export const typescriptOptions = (bindings: ModuleBindings, entry: URL): string[] => {
  const isNeeded = Object.values(bindings).some(
    (binding) => binding.kind === 'handler' && TYPESCRIPT.test(binding.path),
  );
  return isNeeded ? ['--import', new URL('./typescript-register.js', entry).href] : [];
};
