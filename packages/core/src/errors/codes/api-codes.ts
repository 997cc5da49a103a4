import { row } from './row.js';

/** Why the control plane refuses a request. */
export const API_CODES = {
  API_001_VALIDATION_FAILED: row(
    'API',
    null,
    'The request or a definition in it is not valid.',
    'Correct every field listed in problems; nothing was changed.',
  ),
  API_002_NOT_FOUND: row(
    'API',
    null,
    'There is nothing under this name.',
    'Check the name and the namespace.',
  ),
  API_003_CONFLICT: row(
    'API',
    null,
    'The request contradicts the present state.',
    'Read the present state and decide again.',
  ),
  API_004_UNAUTHENTICATED: row(
    'API',
    null,
    'The request has no valid key.',
    'Send a key as `Authorization: Bearer ...`.',
  ),
  API_005_FORBIDDEN: row(
    'API',
    null,
    'The key does not permit this.',
    'Use a key with the permission that the message names.',
  ),
  API_006_PAYLOAD_TOO_LARGE: row(
    'API',
    null,
    'The body of the request is too large.',
    'Send less at once; the message has the limit.',
  ),
  API_007_UNAVAILABLE: row(
    'API',
    null,
    'Something that Phi needs is out of reach.',
    'Try again; /health says what is missing.',
  ),
  API_008_UPGRADE_REQUIRED: row('API', null, 'A newer version of Phi wrote this.', 'Upgrade this service.'),
  API_009_INTERNAL: row(
    'API',
    null,
    'Phi failed at something that it should not fail at.',
    'Look at the log entry with the same request id, and report it.',
  ),
} as const;
