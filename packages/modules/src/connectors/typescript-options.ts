import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { ModuleBindings } from './connect-modules.js';

const TYPESCRIPT = /\.[cm]?ts$/;

/** Node's options for processes that are to load these handlers: as long as Node reads no TypeScript, tsx does. */
export const typescriptOptions = (bindings: ModuleBindings): string[] => {
  const isNeeded = Object.values(bindings).some(
    (binding) => binding.kind === 'handler' && TYPESCRIPT.test(binding.path),
  );
  if (!isNeeded) return [];
  return ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
};
