import { readFile } from 'node:fs/promises';
import type { LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
import { hasCode } from '../error-code.js';

const TYPESCRIPT = /\.m?ts$/;

/** As TypeScript has it: `./other.js` may be written as other.ts. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  try {
    return await next(specifier, context);
  } catch (error) {
    const isAbsent = hasCode(error, 'ERR_MODULE_NOT_FOUND') && /^\.{1,2}\/.*\.m?js$/.test(specifier);
    if (!isAbsent) throw error;
    return next(specifier.replace(/js$/, 'ts'), context);
  }
};

/** Leaves the types out, in this process: a service beside it, as other loaders have, would be taken for something that a body left behind. */
export const load: LoadHook = async (url, context, next) => {
  if (!url.startsWith('file:') || !TYPESCRIPT.test(new URL(url).pathname)) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), {
    filename,
    configFile: false,
    swcrc: false,
    sourceMaps: 'inline',
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  return { format: 'module', source: code, shortCircuit: true };
};
