import { join } from 'node:path';
import { ERROR_CODES, PhiError } from '@phi/core';
import { defineModule } from '../contract/define-module.js';
import type { DeliveryAcknowledgement } from '../contract/delivery-acknowledgement.js';
import { destinationName } from '../contract/destination.js';
import type { Destination } from '../contract/destination.js';
import { outputParametersSchema } from '../contract/output-job-request.js';
import type { StageResultInput } from '../contract/stage-result.js';
import { stageFailure } from '../duckdb/failure.js';
import { withSession } from '../duckdb/session.js';
import type { DuckSession } from '../duckdb/session.js';
import { findBatch } from '../files/batch-store.js';
import type { Delivery, GammaContext } from './delivery.js';
import { DeliveryState } from './delivery-state.js';
import { planFiles, writeFiles } from './file-deliveries.js';
import type { FileDelivery, Planned } from './file-deliveries.js';
import { createPace } from './pace.js';
import { deliverToPostgres } from './postgres/deliver-to-postgres.js';
import { openRecords } from './record-source.js';
import type { RecordSource } from './record-source.js';
import { deliverToWebhook } from './webhook/deliver-to-webhook.js';

const planOf = ({ parameters }: GammaContext): readonly Planned<Destination>[] =>
  parameters.destinations.map((destination, index) => ({
    destination,
    field: `parameters.GAMMA.destinations.${String(index)}`,
  }));

const isPermanent = (error: unknown): boolean =>
  error instanceof PhiError &&
  ERROR_CODES.some(({ code, error_category }) => code === error.code && error_category === 'PERMANENT');

/** One stage's deliveries: each destination is acknowledged on its own, and one that fails keeps no other from its own. */
class Deliveries {
  readonly #state: DeliveryState;
  readonly #failures: unknown[] = [];
  /** By destination; what this attempt has delivered. */
  readonly #handled = new Map<string, number>();

  constructor(
    private readonly context: GammaContext,
    private readonly plan: readonly Planned<Destination>[],
  ) {
    this.#state = new DeliveryState(context.checkpoint);
  }

  /** What no attempt has had acknowledged yet. */
  get pending(): readonly Planned<Destination>[] {
    return this.plan.filter(
      ({ destination }) => this.#state.acknowledgementOf(destinationName(destination)) === undefined,
    );
  }

  async toFiles(session: DuckSession, input: string, files: readonly FileDelivery[]): Promise<void> {
    if (files.length === 0) return;
    await this.#attempt('gamma.files', async () =>
      writeFiles(session, input, files, (acknowledgement) => {
        this.#handle(acknowledgement.destination, acknowledgement.records);
        this.#acknowledge(acknowledgement);
      }),
    );
  }

  async recordByRecord(source: RecordSource): Promise<void> {
    for (const { destination, field } of this.pending) {
      if (destination.type === 'FILE') continue;
      const delivery = this.#deliveryOf(destinationName(destination), field, source);
      await this.#attempt('gamma.deliver', async () => {
        this.#acknowledge(
          destination.type === 'POSTGRES'
            ? await deliverToPostgres(destination, delivery)
            : await deliverToWebhook(destination, delivery),
        );
      });
    }
  }

  /**
   * @param records of the batch
   * @throws the failure of the first destination that will not do better next time, else of the first that failed
   */
  result(records: number): StageResultInput {
    if (this.#failures.length > 0) throw this.#failures.find(isPermanent) ?? this.#failures[0];
    const acknowledgements = this.plan.flatMap(
      ({ destination }) => this.#state.acknowledgementOf(destinationName(destination)) ?? [],
    );
    return {
      records_processed: records,
      records_failed: 0,
      metrics: { destinations: acknowledgements.length, records_delivered: this.#total() },
      outputs: Object.fromEntries(acknowledgements.flatMap(outputOf)),
      delivery_acknowledgements: acknowledgements,
    };
  }

  #deliveryOf(name: string, field: string, source: RecordSource): Delivery {
    const { context } = this;
    const reached = this.#state.reachedBy(name);
    return {
      name,
      field,
      context,
      source,
      reached,
      pace: createPace(context.parameters.delivery.max_records_per_second, context.signal),
      landed: (position) => {
        this.#state.reach(name, position);
        this.#state.saveIfDue();
      },
      save: () => {
        this.#state.save();
      },
      handled: (records) => {
        this.#handle(name, records);
      },
    };
  }

  async #attempt(operation: string, deliver: () => Promise<void>): Promise<void> {
    const { signal } = this.context;
    try {
      await deliver();
    } catch (error) {
      signal.throwIfAborted();
      const failure = stageFailure(error, 'EXEC_004_OUTPUT_FAILED', operation, signal);
      this.context.logger.warn('not delivered', { reason: failure instanceof Error ? failure.message : '' });
      this.#failures.push(failure);
      // What did land need not wait for the interval: the attempt is about to end.
      this.#state.save();
    }
  }

  #handle(destination: string, records: number): void {
    this.#handled.set(destination, records);
    this.context.progress(this.#total());
  }

  #total(): number {
    return [...this.#handled.values()].reduce((total, records) => total + records, 0);
  }

  #acknowledge(acknowledgement: DeliveryAcknowledgement): void {
    const { type, destination, records } = acknowledgement;
    this.#state.acknowledge(acknowledgement);
    this.context.logger.info('delivered', { destination, type, records });
  }
}

/** A webhook leaves nothing that a later stage could read. */
const outputOf = (acknowledgement: DeliveryAcknowledgement): readonly (readonly [string, string])[] => {
  switch (acknowledgement.type) {
    case 'FILE':
      return [[acknowledgement.destination, acknowledgement.path]];
    case 'POSTGRES':
      return [[acknowledgement.destination, acknowledgement.table]];
    case 'WEBHOOK':
      return [];
  }
};

const deliver = async (
  context: GammaContext,
  deliveries: Deliveries,
  files: readonly FileDelivery[],
): Promise<StageResultInput> => {
  const input = await findBatch(context.parameters.input, context, 'parameters.GAMMA.input');
  const options = { ...context, spillDir: join(context.workdir, 'spill'), ...context.resources };
  return withSession(options, async (session) => {
    await session.seal([input, ...files.map(({ file }) => file.partial)]);
    const source = await openRecords(session, input, context.signal);
    await deliveries.toFiles(session, input, files);
    await deliveries.recordByRecord(source);
    return deliveries.result(source.total);
  });
};

/**
 * GAMMA: delivers a batch to files (each replaced in one step), PostgreSQL tables (every record once) and webhooks (signed messages with
 * stable ids), and acknowledges each destination on its own; what is acknowledged is not delivered again by a later attempt
 * (specification, Module Gamma Integration).
 */
export const gamma = defineModule({
  name: 'GAMMA',
  parameters: outputParametersSchema,
  async run(context) {
    const deliveries = new Deliveries(context, planOf(context));
    const files = await planFiles(
      deliveries.pending.flatMap(({ destination, field }) =>
        destination.type === 'FILE' ? [{ destination, field }] : [],
      ),
      context,
    );
    try {
      return await deliver(context, deliveries, files);
    } catch (error) {
      throw stageFailure(error, 'EXEC_004_OUTPUT_FAILED', 'gamma.deliver', context.signal);
    } finally {
      await Promise.all(files.map(async ({ file }) => file.discard()));
    }
  },
});
