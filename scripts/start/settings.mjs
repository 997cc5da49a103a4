import path from 'node:path';

import { Refusal } from '../console/progress.mjs';
import { dataDir, root } from '../paths.mjs';
import { isTaken } from '../process/free-port.mjs';

const DEFAULT_PORT = 8080;

/**
 * What `npm start` is told by its environment.
 *
 * @param {NodeJS.ProcessEnv} env
 * @throws {Refusal} PHI_API_PORT is no port, or is taken
 */
export async function readSettings(env = process.env) {
  const port = readPort(env.PHI_API_PORT);
  if (await isTaken(port)) {
    throw new Refusal(`port ${port} is taken; set PHI_API_PORT to a free one`);
  }
  const data = dataDir(env);
  return { root, port, dataDir: data, logDir: path.join(data, 'logs') };
}

function readPort(text) {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d+$/u.test(text) && port >= 1 && port <= 65_535) return port;
  throw new Refusal(`PHI_API_PORT is "${text}"; accepted: a whole number from 1 to 65535`);
}
