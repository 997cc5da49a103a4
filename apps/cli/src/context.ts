import type { ApiClient } from './api/api-client.js';
import type { Environment } from './environment.js';
import type { Output } from './output/output.js';

/** What every command works with. */
export interface Context {
  readonly environment: Environment;
  /** The directory that relative paths are relative to. */
  readonly directory: string;
  readonly output: Output;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Unique wherever it is made. */
  readonly newId: () => string;
  readonly readStdin: () => Promise<string>;
  /** The API that the options and the environment name; nothing is sent before it is used. */
  readonly api: () => ApiClient;
}
