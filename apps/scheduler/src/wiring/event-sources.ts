import type { AcceptResult, EventRequest } from '@phi/core';
import { acceptEvent, type Services } from '@phi/engine';
import { Loop, type Environment } from '@phi/service';
import { openEventStreams } from '@phi/store';
import type { Logger } from '@phi/telemetry';

import type { SchedulerConfig } from '../config.js';
import { FileWatcher } from '../files/file-watcher.js';
import { StreamWatcher, type RejectedEntry } from '../streams/stream-watcher.js';

/** Everything that makes events of what happens elsewhere. */
export interface EventSources {
  stop(): Promise<void>;
}

/** Starts to watch what triggers wait for: files and streams. */
export function watchEventSources(
  services: Services,
  environment: Environment,
  { sourceDir, filePollMs, fileSettleMs }: SchedulerConfig,
  log: Logger,
): EventSources {
  const { redisUrl, namespace, config } = environment;
  const accept = (request: EventRequest): Promise<AcceptResult> => acceptEvent(services, request);
  const { arrivals, catalog, clock, ids } = services;
  const files = new FileWatcher(catalog, { sourceDir, settleMs: fileSettleMs, arrivals, clock, accept, log });
  const streams = openEventStreams(redisUrl, namespace, ids.next(), (state, error) => {
    if (state === 'lost') log.debug({ err: error }, 'connection of the streams lost; trying again');
  });
  const onRejected = (rejected: RejectedEntry): Promise<void> => reject(rejected, log);
  const entries = new StreamWatcher(catalog, { streams, accept, onRejected, log });
  const loops = [
    new Loop({ name: 'files', log, intervalMs: filePollMs, round: () => files.round() }),
    new Loop({
      name: 'streams',
      log,
      intervalMs: config.SCHEDULER_POLL_INTERVAL_MS,
      round: () => entries.round(),
    }),
  ];
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      await streams.close();
    },
  };
}

async function reject({ source, entry, reason }: RejectedEntry, log: Logger): Promise<void> {
  log.error({ source, entry_id: entry.id, reason }, 'an entry of a stream can be no event; it is left out');
}
