/** Roles of API keys, each with everything that the one before it may do (specification: Access Control). */
export const API_ROLES = ['viewer', 'operator', 'editor', 'admin'] as const;
export type ApiRole = (typeof API_ROLES)[number];

/** What is known of an API key; the key itself is kept nowhere but with its owner. */
export interface ApiKeyRecord {
  readonly id: string;
  /** Stands in histories and revisions as the author. */
  readonly name: string;
  readonly role: ApiRole;
  /** SHA-256 of the key, 64 hexadecimal digits. */
  readonly hash: string;
  /** Epoch milliseconds. */
  readonly created_time: number;
  /** Epoch milliseconds; absent for a key that does not expire. */
  readonly expires_time?: number;
}

/** API keys and the browser sessions opened with them; both are known by their SHA-256 alone. */
export interface ApiKeyStore {
  /** Registers a key, or changes what is known of it. */
  register(record: ApiKeyRecord): Promise<void>;
  find(hash: string): Promise<ApiKeyRecord | undefined>;
  /** @param keyHash - the key that the session stands for, and ends with */
  openSession(sessionHash: string, keyHash: string, lifetimeSeconds: number): Promise<void>;
  /** @returns the hash of the key that opened the session, or nothing once it has ended */
  findSession(sessionHash: string): Promise<string | undefined>;
  closeSession(sessionHash: string): Promise<void>;
}
