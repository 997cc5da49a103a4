import { timingSafeEqual } from 'node:crypto';

import type { ApiKeyStore, ApiRole, Clock } from '@phi/core';

import { hashSecret } from './api-key.js';

/** Who makes a request. */
export interface Caller {
  readonly key_id: string;
  /** For histories and revisions. */
  readonly name: string;
  readonly role: ApiRole;
}

/** Finds out who a key or a session belongs to. */
export class Authenticator {
  constructor(
    private readonly keys: ApiKeyStore,
    private readonly clock: Clock,
  ) {}

  /** @returns nothing for a key that is unknown, revoked or expired */
  byKey(key: string): Promise<Caller | undefined> {
    return this.byHash(hashSecret(key));
  }

  /** @returns nothing for a session that has ended, or whose key is not valid any more */
  async bySession(sessionId: string): Promise<Caller | undefined> {
    const keyHash = await this.keys.findSession(hashSecret(sessionId));
    return keyHash === undefined ? undefined : this.byHash(keyHash);
  }

  private async byHash(hash: string): Promise<Caller | undefined> {
    const record = await this.keys.find(hash);
    if (record === undefined || !equalHashes(record.hash, hash)) return undefined;
    if (record.expires_time !== undefined && record.expires_time <= this.clock.now()) return undefined;
    return { key_id: record.id, name: record.name, role: record.role };
  }
}

function equalHashes(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')];
  return left.length === right.length && timingSafeEqual(left, right);
}
