import { durably, type Services } from '@phi/engine';
import { IntakeWorker, MessageNotTaken, type IntakeWorkerOptions } from '@phi/queues';
import { tellFailure, type Environment } from '@phi/service';
import type { Logger } from '@phi/telemetry';

const CLOSE_WITHIN_MS = 3000;
/** Messages of one queue that are taken in at once. */
const INTAKE_AT_ONCE = 20;

/** Starts to take in what other services add to a queue. @returns what stops it; what is under way comes to its answer */
export function takeMessages(
  intake: Pick<IntakeWorkerOptions, 'queue' | 'onMessage'>,
  services: Services,
  { redisUrl, namespace }: Environment,
  log: Logger,
): { stop(): Promise<void> } {
  const worker = new IntakeWorker({
    redisUrl,
    namespace,
    concurrency: INTAKE_AT_ONCE,
    queue: intake.queue,
    onMessage: (message) => durably(services, () => intake.onMessage(message)),
    onError: (error) => {
      if (error instanceof MessageNotTaken)
        tellFailure(log, error, {}, 'message not taken in; it is tried again');
      else log.debug({ err: error }, 'intake queue');
    },
  });
  return { stop: () => worker.close(CLOSE_WITHIN_MS) };
}
