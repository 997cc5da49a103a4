import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ApiAddress } from '@phi/client';

import { usageError } from '../cli-error.js';
import type { Environment } from '../environment.js';
import { errorCode } from '../error-code.js';

export interface ApiChoice {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
}

const DEFAULT_PORT = 8080;
const ADDRESS_FILE = 'api.url';
const KEY_FILE = 'admin.key';
/** The root of the checkout that this program was built in. */
const CHECKOUT = fileURLToPath(new URL('../../../..', import.meta.url));

interface DataDir {
  readonly dir: string;
  /** Named by PHI_DATA_DIR, not come across on the way up. */
  readonly named: boolean;
}

/**
 * The API that was asked for: by option, by environment, or by the files that a local instance leaves in its data
 * directory.
 *
 * A file that was merely come across is believed only about this machine: neither does its address get a key of the
 * user's, nor its key go to an address elsewhere.
 *
 * @param choice - the options --url and --key
 * @param directory - where the search for a data directory begins
 * @param checkout - where it ends: its data directory is the last one looked into
 */
export function findApi(
  choice: ApiChoice,
  environment: Environment,
  directory: string,
  checkout = CHECKOUT,
): ApiAddress {
  const dataDirs = findDataDirs(environment, [...ancestors(directory), checkout], directory);
  const url = withoutSlash(choice.url === undefined ? findUrl(environment, dataDirs) : checkUrl(choice.url));
  const key = choice.key ?? environment.PHI_API_KEY ?? findKey(url, dataDirs);
  return { url, key };
}

function findUrl(environment: Environment, dataDirs: readonly DataDir[]): string {
  if (environment.PHI_API_URL !== undefined) return environment.PHI_API_URL;
  if (environment.PHI_API_PORT !== undefined) return localUrl(environment.PHI_API_PORT);
  for (const { dir, named } of dataDirs) {
    const url = readLine(path.join(dir, ADDRESS_FILE));
    if (url !== undefined && URL.canParse(url) && (named || isThisMachine(url))) return url;
  }
  return localUrl(DEFAULT_PORT);
}

function findKey(url: string, dataDirs: readonly DataDir[]): string | undefined {
  const readable = dataDirs.filter(({ named }) => named || isThisMachine(url));
  // Of several instances on this machine, the one that says it is at this address has the right key.
  const owner = readable.filter(
    ({ dir }) => withoutSlash(readLine(path.join(dir, ADDRESS_FILE)) ?? '') === url,
  );
  for (const { dir } of [...owner, ...readable]) {
    const key = readLine(path.join(dir, KEY_FILE));
    if (key !== undefined) return key;
  }
  return undefined;
}

function findDataDirs(environment: Environment, parents: readonly string[], directory: string): DataDir[] {
  if (environment.PHI_DATA_DIR !== undefined) {
    return [{ dir: path.resolve(directory, environment.PHI_DATA_DIR), named: true }];
  }
  return parents
    .map((parent) => ({ dir: path.join(parent, '.phi'), named: false }))
    .filter(({ dir }) => existsSync(dir));
}

function ancestors(directory: string): string[] {
  const parent = path.dirname(directory);
  return parent === directory ? [directory] : [directory, ...ancestors(parent)];
}

function readLine(file: string): string | undefined {
  try {
    const line = readFileSync(file, 'utf8').trim();
    return line === '' ? undefined : line;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

function checkUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw usageError('--url', `is not an HTTP address: ${url}`, 'http://host:port or https://host:port');
}

function isThisMachine(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function localUrl(port: number): string {
  return `http://127.0.0.1:${String(port)}`;
}
