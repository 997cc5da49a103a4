import { checkNode } from './node-version.mjs';
import { compile } from './compile.mjs';
import { install } from './install.mjs';

/**
 * From whatever state the checkout is in to one that runs: dependencies installed, everything built.
 *
 * @returns {Promise<NodeJS.ProcessEnv>} the environment in which the tools are found
 */
export async function prepare() {
  checkNode();
  const env = await install();
  await compile(env);
  return env;
}
