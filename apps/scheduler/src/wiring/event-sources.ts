import { acceptEvent, durably, rejectStreamEntry, type RejectedEntry, type Services } from '@phi/engine';
import { EVENTS_QUEUE } from '@phi/queues';
import { Loop, type Environment } from '@phi/service';
import { openEventStreams } from '@phi/store';
import type { Logger } from '@phi/telemetry';

import type { SchedulerConfig } from '../config.js';
import { takeEvent } from '../event-intake.js';
import { FileWatcher } from '../files/file-watcher.js';
import { StreamWatcher } from '../streams/stream-watcher.js';
import { takeMessages } from './intake-queue.js';

/** Something that makes events of what happens elsewhere. */
export interface EventSource {
  /** Begins nothing more; what is under way comes to its end. */
  stop(): Promise<void>;
}

export interface EventSourceOptions {
  readonly services: Services;
  readonly environment: Environment;
  readonly config: SchedulerConfig;
  readonly log: Logger;
}

/** Starts to watch everything that triggers wait for and nobody sends by HTTP: files, streams and the queue phi_events. */
export function watchEventSources(options: EventSourceOptions): EventSource {
  const { services, environment, log } = options;
  const queue = takeMessages(
    { queue: EVENTS_QUEUE, onMessage: (message) => takeEvent(services, message) },
    services,
    environment,
    log,
  );
  const sources = [watchFiles(options), watchStreams(options), queue];
  return {
    async stop() {
      await Promise.all(sources.map((source) => source.stop()));
    },
  };
}

function watchFiles({ services, config, log }: EventSourceOptions): EventSource {
  const watcher = new FileWatcher(services.catalog, {
    sourceDir: config.sourceDir,
    settleMs: config.fileSettleMs,
    arrivals: services.arrivals,
    clock: services.clock,
    accept: (request) => durably(services, () => acceptEvent(services, request)),
    log,
  });
  return new Loop({ name: 'files', log, intervalMs: config.filePollMs, round: () => watcher.round() });
}

function watchStreams({ services, environment, log }: EventSourceOptions): EventSource {
  const { redisUrl, namespace, config } = environment;
  const streams = openEventStreams(redisUrl, namespace, services.ids.next(), (state, error) => {
    if (state === 'lost') log.debug({ err: error }, 'connection of the streams lost; trying again');
  });
  const onRejected = (rejected: RejectedEntry): Promise<void> => {
    const { source, entry, reason } = rejected;
    log.error({ source, entry_id: entry.id, reason }, 'an entry of a stream can be no event; it is left out');
    return rejectStreamEntry(services, rejected);
  };
  const watcher = new StreamWatcher(services.catalog, {
    streams,
    accept: (request) => durably(services, () => acceptEvent(services, request)),
    onRejected,
    log,
  });
  const intervalMs = config.SCHEDULER_POLL_INTERVAL_MS;
  const loop = new Loop({ name: 'streams', log, intervalMs, round: () => watcher.round() });
  return {
    async stop() {
      await loop.stop();
      await streams.close();
    },
  };
}
