import type { ExecutionRecord, PublishResult } from '@phi/core';

import { untilAnswered, type ExecutorContext } from './executor-context.js';

/** Makes known what an attempt publishes before its end, in the order in which it does (specification: Dependency, DATA_READY). */
export class DatasetPublisher {
  private publishing: Promise<void> = Promise.resolve();

  /** @param warn - told of what cannot be published */
  constructor(
    private readonly context: ExecutorContext,
    private readonly record: ExecutionRecord,
    private readonly warn: (text: string) => void,
  ) {}

  publish(dataset: string): void {
    this.publishing = this.publishing.then(() => this.send(dataset));
  }

  /** Resolves when all is known that was published so far: the end must not come before it. */
  close(): Promise<void> {
    return this.publishing;
  }

  /** What is not published because the lease is lost is published by the next attempt. */
  private async send(dataset: string): Promise<void> {
    const { execution_id, nonce = '' } = this.record;
    const call = async (): Promise<PublishResult> => {
      const word = await this.context.services.executions.publishDataset(execution_id, nonce, dataset);
      // Recovery makes its plan again.
      if (word === 'UNREADABLE') throw new Error('the plan of the run cannot be read for now');
      return word;
    };
    const result = await untilAnswered(this.context, call).catch(() => undefined);
    if (result === 'NOT_PRODUCED')
      this.warn(`${dataset} is not published: the job does not say that it produces it`);
  }
}
