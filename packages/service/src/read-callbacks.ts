import type { Problem } from '@phi/core';

import type { Variables } from './environment.js';

/** Where remote modules may tell of changes, as the environment says it. */
export interface ReadCallbacks {
  /** There where modules may: both variables are set. */
  readonly settings?: { readonly url: string; readonly secret: string };
  /** What the API checks signatures by. */
  readonly secret?: string;
  readonly problems: readonly Problem[];
}

const SECRET_AT_LEAST = 24;

/**
 * Reads PHI_CALLBACK_URL, the API's base address as modules reach it, and PHI_CALLBACK_SECRET, from which the key of each callback
 * is derived; the API and the executors need the same. The secret is in nothing that is said.
 */
export function readCallbacks(variables: Variables): ReadCallbacks {
  const url = variables['PHI_CALLBACK_URL'] ?? '';
  const secret = variables['PHI_CALLBACK_SECRET'] ?? '';
  const problems: Problem[] = [];
  if (url !== '' && !isAddress(url)) {
    problems.push({
      field: 'PHI_CALLBACK_URL',
      reason: 'is not an address',
      accepted: 'the address of the API as modules reach it, such as https://phi.example',
    });
  }
  if ((secret !== '' || url !== '') && secret.length < SECRET_AT_LEAST) {
    problems.push({
      field: 'PHI_CALLBACK_SECRET',
      reason: secret === '' ? 'is not set' : 'is too short',
      accepted: `at least ${String(SECRET_AT_LEAST)} random characters, the same for the API and the executors`,
    });
  }
  if (problems.length > 0 || secret === '') return { problems };
  return url === '' ? { secret, problems } : { secret, settings: { url, secret }, problems };
}

function isAddress(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}
