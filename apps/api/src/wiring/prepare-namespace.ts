import type { ApiKeyStore } from '@phi/core';
import type { Services } from '@phi/engine';

import { registerAdminKey } from '../access/admin-key.js';

/** Rule 7: `global_max_concurrent` where nobody has set it. */
const DEFAULT_GLOBAL_LIMIT = 50;

/** What Redis must hold before the API is of use, also after it lost everything; what is there is left as it is. */
export async function prepareNamespace(
  services: Services,
  keys: ApiKeyStore,
  adminKey: string,
): Promise<void> {
  await registerAdminKey(keys, services.clock, adminKey);
  const limits = await services.limits.all();
  if (!limits.has('global')) await services.limits.set(new Map([['global', DEFAULT_GLOBAL_LIMIT]]));
}
