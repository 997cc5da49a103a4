import type { HttpBinding, RemoteJob } from '@phi/core';
import type { RemoteStub } from '@phi/testkit';
import { Callbacks, type CallbackSettings } from '../connectors/http/callbacks.js';
import { HttpDriver } from '../connectors/http/http-driver.js';
import { stageConnector } from '../connectors/stage-connector.js';
import type { AttemptOutcome } from '../runner/attempt-outcome.js';
import type { AttemptSpecInput } from '../runner/attempt-spec.js';

const FAST = {
  poll_interval_seconds: 0.01,
  poll_interval_max_seconds: 0.05,
  // A module that is slow is no module that is away.
  request_timeout_seconds: 20,
  unreachable_seconds: 60,
  cancel_timeout_seconds: 20,
};

/** One chain of attempts whose only stage is on a remote stub, and what it leaves behind. */
export class RemoteChain {
  /** What is recorded of jobs that may be running, by key. */
  readonly recorded = new Map<string, RemoteJob>();
  readonly logs: string[] = [];
  readonly progress: number[] = [];
  readonly published: string[] = [];
  readonly callbacks = new Callbacks();
  /** Passed before each request. */
  gate: Promise<void> = Promise.resolve();
  /** The checkpoint that was saved last. */
  checkpoint: string | undefined;
  #attempts = 0;

  constructor(
    private readonly stub: RemoteStub,
    /** What is said otherwise, of the attempts from now on. */
    public binding: Partial<HttpBinding> = {},
    private readonly callbackSettings?: CallbackSettings,
  ) {}

  /** Runs the next attempt to its end. */
  async attempt(
    signal: AbortSignal = new AbortController().signal,
    more: Partial<AttemptSpecInput> = {},
  ): Promise<AttemptOutcome> {
    this.#attempts += 1;
    const binding: HttpBinding = { kind: 'http', url: this.stub.url, ...FAST, ...this.binding };
    const driver = new HttpDriver(binding, 'REMOTE', {
      remoteJobs: {
        record: (job) => Promise.resolve(void this.recorded.set(job.key, job)),
        forget: ({ chain_id, stage, generation }) =>
          Promise.resolve(void this.recorded.delete(`${chain_id}/${stage}/${String(generation)}`)),
      },
      secrets: new Map([['TOKEN', 'sesame']]),
      random: () => 0.5,
      callbacks: this.callbacks,
      beforeSend: () => this.gate,
      ...(this.callbackSettings === undefined ? {} : { callbackSettings: this.callbackSettings }),
    });
    const connector = stageConnector(driver);
    try {
      return await connector.run(
        { ...this.#spec(), ...more },
        {
          signal,
          onLog: ({ message }) => void this.logs.push(message),
          onProgress: (_, records) => void this.progress.push(records),
          onPublish: (dataset) => void this.published.push(dataset),
          onCheckpoint: (_, state) => {
            this.checkpoint = typeof state === 'string' ? state : JSON.stringify(state);
            return Promise.resolve();
          },
        },
      );
    } finally {
      await connector.close();
    }
  }

  #spec(): AttemptSpecInput {
    const checkpoint =
      this.checkpoint === undefined ? {} : { checkpoint: { stage: 'REMOTE', state: this.checkpoint } };
    return {
      execution_id: `e-${String(this.#attempts)}`,
      job_id: 'job',
      run_id: 'r-1',
      chain_id: 'e-1',
      fence: 100 + this.#attempts,
      job_type: 'COMPOSITE',
      job_revision: 1,
      attempt_number: this.#attempts,
      stages: ['REMOTE'],
      parameters: { REMOTE: { what: 'ever' } },
      source_dir: '/',
      data_dir: '/',
      output_dir: '/',
      workdir: '/',
      resume: { completed_stages: [], ...checkpoint },
    };
  }
}
