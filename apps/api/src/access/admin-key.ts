import { link, mkdir, readFile, rm, writeFile, chmod } from 'node:fs/promises';
import path from 'node:path';

import type { ApiKeyRecord, ApiKeyStore, Clock } from '@phi/core';

import { generateApiKey, hashSecret, isApiKey } from './api-key.js';

const OWNER_ONLY = 0o600;

/** The key file holds something else than a key. */
export class AdminKeyDamaged extends Error {
  override readonly name = 'AdminKeyDamaged';

  constructor(readonly file: string) {
    super(
      `${file} does not hold an API key; accepted: one line "phi_" and 43 characters. Remove it to have a new key made`,
    );
  }
}

/** Where the administrator's key is kept, for the command line to find. */
export function adminKeyFile(dataDir: string): string {
  return path.resolve(dataDir, 'admin.key');
}

/**
 * The administrator's key, made at the first start and kept for the next ones; only the owner can read its file.
 *
 * @throws AdminKeyDamaged
 */
export async function loadAdminKey(dataDir: string): Promise<string> {
  const file = adminKeyFile(dataDir);
  await mkdir(path.dirname(file), { recursive: true });
  const known = await readKey(file);
  if (known !== undefined) return known;
  await placeKey(file, generateApiKey());
  const placed = await readKey(file);
  if (placed === undefined) throw new AdminKeyDamaged(file);
  return placed;
}

/** Makes the key known to Redis, also after Redis lost it. */
export async function registerAdminKey(keys: ApiKeyStore, clock: Clock, key: string): Promise<void> {
  const hash = hashSecret(key);
  if ((await keys.find(hash)) !== undefined) return;
  const record: ApiKeyRecord = {
    id: hash.slice(0, 12),
    name: 'admin',
    role: 'admin',
    hash,
    created_time: clock.now(),
  };
  await keys.register(record);
}

async function readKey(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(ignoreCode('ENOENT'));
  if (text === undefined) return undefined;
  if (!isApiKey(text.trim())) throw new AdminKeyDamaged(file);
  await chmod(file, OWNER_ONLY);
  return text.trim();
}

/** Whole or not at all; of two that start at once the first one's key stays. */
async function placeKey(file: string, key: string): Promise<void> {
  const draft = `${file}.${hashSecret(key).slice(0, 12)}`;
  await writeFile(draft, `${key}\n`, { mode: OWNER_ONLY, flag: 'wx' });
  try {
    await link(draft, file).catch(ignoreCode('EEXIST'));
  } finally {
    await rm(draft, { force: true });
  }
}

function ignoreCode(code: string): (error: unknown) => undefined {
  return (error) => {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === code)
      return undefined;
    throw error;
  };
}
