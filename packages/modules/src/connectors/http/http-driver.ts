import type { HttpBinding, RemoteJobStore } from '@phi/core';
import type { AttemptHooks } from '../../runner/attempt-outcome.js';
import type { Secrets } from '../../secrets/resolve-secrets.js';
import type { StageCall, StageDriver, StageOutcome } from '../stage-connector.js';
import { callbackOf, type Callbacks, type CallbackSettings } from './callbacks.js';
import { httpSettings, type HttpSettings } from './http-settings.js';
import { ModuleClient } from './module-client.js';
import { RemoteStage } from './remote-stage.js';

/** What driving remote modules needs of its process. */
export interface RemoteOptions {
  readonly remoteJobs: Pick<RemoteJobStore, 'record' | 'forget'>;
  /** What headers may refer to by `{ secret: NAME }`. */
  readonly secrets: Secrets;
  /** 0 <= random < 1. */
  readonly random: () => number;
  /** Passed before each request: closed while the executor cannot tell whether it holds its lease. */
  readonly beforeSend?: () => Promise<void>;
  /** Who wakes those who wait. */
  readonly callbacks: Callbacks;
  /** Left out where modules cannot reach the API. */
  readonly callbackSettings?: CallbackSettings;
}

/** Drives the stages of one remote module over HTTP. */
export class HttpDriver implements StageDriver {
  readonly isRemote = true;
  readonly #settings: HttpSettings;
  readonly #client: ModuleClient;
  #capabilities: Promise<readonly string[]> | undefined;

  /**
   * @param name of the module in `pipeline_modules`
   * @throws PhiError EXEC_005_INVALID_CONFIG for a header whose secret is not there
   */
  constructor(
    binding: HttpBinding,
    name: string,
    private readonly options: RemoteOptions,
  ) {
    this.#settings = httpSettings(binding, name, options.secrets);
    const { beforeSend } = options;
    this.#client = new ModuleClient({
      ...this.#settings.client,
      ...(beforeSend === undefined ? {} : { beforeSend }),
    });
  }

  async runStage(
    call: StageCall,
    hooks: AttemptHooks,
  ): Promise<{ readonly reported: unknown } | StageOutcome> {
    const { remoteJobs, random, callbacks, callbackSettings } = this.options;
    const callback =
      this.#settings.callback && callbackSettings !== undefined
        ? callbackOf(callbackSettings, call.execution_id, call.stage)
        : undefined;
    const stage = new RemoteStage(call, hooks, {
      client: this.#client,
      settings: this.#settings,
      remoteJobs,
      random,
      callback,
      hasLogs: () => this.#can('logs'),
    });
    const end = callbacks.listen(call.execution_id, call.stage, stage.wake);
    try {
      return await stage.run();
    } finally {
      end();
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** A module that does not say what it can do is asked again for the next stage. */
  async #can(capability: string): Promise<boolean> {
    this.#capabilities ??= this.#client.describe().then(
      ({ capabilities }) => capabilities,
      () => {
        this.#capabilities = undefined;
        return [];
      },
    );
    return (await this.#capabilities).includes(capability);
  }
}
