import type { ServerFacts } from '../redis/server-requirements.js';

/** What Redis says of itself. */
export interface ServerStore {
  facts(): Promise<ServerFacts>;
}
