import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/u, '');

/** Where the scripts keep what they may fetch or build again. */
export const cacheDir = path.join(root, '.phi', 'cache');

/** Everything an instance keeps: PHI_DATA_DIR, or `.phi` in the checkout. */
export function dataDir(env = process.env) {
  return path.resolve(root, env.PHI_DATA_DIR || '.phi');
}
