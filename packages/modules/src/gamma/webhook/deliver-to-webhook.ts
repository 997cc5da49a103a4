import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { WebhookAcknowledgement } from '../../contract/delivery-acknowledgement.js';
import type { WebhookDestination } from '../../contract/destination.js';
import { createGuardedDispatcher } from '../../http/guarded-dispatcher.js';
import { stageFailure } from '../../duckdb/failure.js';
import type { Delivery } from '../delivery.js';
import { advance } from '../delivery-position.js';
import { jsonRecord } from '../json-text.js';
import type { RecordChunk } from '../record-source.js';
import { postMessage } from './post-message.js';
import type { WebhookCall, WebhookMessage } from './post-message.js';

/** Text of one message, in characters: receivers commonly refuse more than a few megabytes. */
const MESSAGE_SIZE = 1024 * 1024;

/**
 * The id follows from which delivery and which records it is, and from nothing else. Were it the same for another number of records, a
 * receiver would drop what it does not have.
 */
const messageId = ({ context, name }: Delivery, { from, records }: RecordChunk): string => {
  const identity = [context.job_id, context.chain_id, context.stage, name, from, records];
  return `phi_${createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 40)}`;
};

const messageOf = (delivery: Delivery, chunk: RecordChunk): WebhookMessage => {
  const { context, name, source } = delivery;
  const about = {
    job_id: context.job_id,
    run_id: context.run_id,
    chain_id: context.chain_id,
    destination: name,
    first_record: chunk.from + 1,
    total_records: source.total,
  };
  // The records are JSON already, with numbers that JavaScript would round.
  const data = `${JSON.stringify(about).slice(0, -1)},"records":[${chunk.lines.join(',')}]}`;
  return { id: messageId(delivery, chunk), body: `{"type":"phi.delivery","data":${data}}` };
};

/** Sends messages one after another, and waits where it is asked to, within bounds. */
class MessageSender {
  #patience: number;

  constructor(private readonly call: WebhookCall & { readonly destination: WebhookDestination }) {
    this.#patience = call.destination.max_retry_after_seconds;
  }

  /** @returns the status with which it was acknowledged */
  async send(message: WebhookMessage): Promise<number> {
    for (;;) {
      const answer = await postMessage(this.call, message);
      if (answer.kind === 'acknowledged') return answer.status;
      // Without a second at least, a receiver that says 0 would be asked without end.
      const seconds = Math.max(1, answer.after_seconds);
      if (seconds > this.#patience) throw answer.failure;
      this.#patience -= seconds;
      await wait(seconds * 1000, undefined, { signal: this.call.signal });
    }
  }
}

const deliver = async (
  destination: WebhookDestination,
  delivery: Delivery,
  sender: MessageSender,
): Promise<WebhookAcknowledgement> => {
  const { source, pace, reached: from, name } = delivery;
  const limits = { records: pace.atOnce(destination.batch_records), size: MESSAGE_SIZE };
  let reached = from;
  let messages = 0;
  let status: number | null = null;
  for await (const chunk of source.chunks(jsonRecord(source.columns), from, limits)) {
    await pace.before(chunk.records);
    status = await sender.send(messageOf(delivery, chunk));
    messages += 1;
    reached = advance(reached, chunk);
    delivery.landed(reached);
    delivery.save();
    delivery.handled(reached.records - from.records);
  }
  return {
    type: 'WEBHOOK',
    destination: name,
    records: source.total,
    messages,
    status,
    resumed_at: from.records,
  };
};

/**
 * Posts a batch to a webhook, message by message in the order of its records, each acknowledged before the next is sent. A message that
 * was answered while an attempt died is sent once more, under the same id.
 *
 * @throws PhiError with the code that the answer, or its absence, has
 */
export const deliverToWebhook = async (
  destination: WebhookDestination,
  delivery: Delivery,
): Promise<WebhookAcknowledgement> => {
  const { context, field } = delivery;
  const { signal } = context;
  const dispatcher = createGuardedDispatcher({
    allow: context.http_allow,
    idleTimeoutMs: destination.timeout_seconds * 1000,
  });
  try {
    return await deliver(
      destination,
      delivery,
      new MessageSender({ destination, dispatcher, field, signal }),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw stageFailure(error, 'EXEC_004_OUTPUT_FAILED', 'gamma.webhook', signal);
  } finally {
    await dispatcher.destroy();
  }
};
