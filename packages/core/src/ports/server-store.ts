import type { ServerFacts } from '../redis/server-requirements.js';

/** What Redis says of itself. */
export interface ServerStore {
  facts(): Promise<ServerFacts>;
  /** A section of INFO; empty where Redis may not be asked for it. @throws Error while it is away */
  info(section: string): Promise<string>;
}
