import {
  cloudEventSchema,
  EVENT_BYTES,
  findProblems,
  formatProblem,
  type AcceptResult,
  type EventRequest,
  type EventStreams,
  type StreamEntry,
} from '@phi/core';
import type { CatalogReader, RejectedEntry } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

import { WatchedSourcesReader } from '../watched-sources.js';
import { streamEvent } from './stream-event.js';

export interface StreamWatcherOptions {
  readonly streams: EventStreams;
  readonly accept: (request: EventRequest) => Promise<AcceptResult>;
  /** Told before the entry is acknowledged. */
  readonly onRejected: (rejected: RejectedEntry) => Promise<void>;
  readonly log: Logger;
  /** How long a read waits for the first entry, and a change of the triggers to be noticed, in milliseconds. */
  readonly waitMs?: number;
  /** After what silence a consumer is taken for dead, in milliseconds. */
  readonly idleMs?: number;
}

const WAIT_MS = 1000;
const IDLE_MS = 30_000;
/** Entries taken of each stream at once. */
const ENTRIES_AT_ONCE = 100;

/**
 * Makes events of what others write to the streams that triggers name (specification: Event-Based Triggers, message queues). An
 * entry is acknowledged only once its event was answered, and whoever takes it over sends the same event.
 */
export class StreamWatcher {
  private readonly sources = new WatchedSourcesReader();
  private readonly joined = new Set<string>();
  private readonly noStreams = new Set<string>();
  /** When to look for what dead consumers have left, by this process's own clock. */
  private takeOverAtMs = 0;

  constructor(
    private readonly catalog: CatalogReader,
    private readonly options: StreamWatcherOptions,
  ) {}

  /** @returns 0, since a round waits by itself, or undefined where there is no stream to wait for */
  async round(): Promise<number | undefined> {
    const { streams: sources } = this.sources.of(await this.catalog.current());
    const keys = await this.join([...sources.keys()]);
    if (keys.length === 0) return undefined;
    const wasLeft = await this.takeOver(keys, sources);
    const waitMs = wasLeft ? 0 : (this.options.waitMs ?? WAIT_MS);
    await this.handle(await this.options.streams.read(keys, ENTRIES_AT_ONCE, waitMs), sources);
    return 0;
  }

  /** @returns those that can be read */
  private async join(keys: readonly string[]): Promise<string[]> {
    for (const key of keys.filter((each) => !this.joined.has(each))) {
      const joined = await this.options.streams.join(key);
      if (joined === 'JOINED') this.joined.add(key);
      if (joined === 'NOT_A_STREAM' && !this.noStreams.has(key))
        this.options.log.warn({ stream: key }, 'the key of a watched stream holds something else');
      if (joined === 'JOINED') this.noStreams.delete(key);
      else this.noStreams.add(key);
    }
    return keys.filter((key) => this.joined.has(key));
  }

  /** @returns whether there was anything */
  private async takeOver(keys: readonly string[], sources: ReadonlyMap<string, string>): Promise<boolean> {
    const { streams, idleMs = IDLE_MS } = this.options;
    if (performance.now() < this.takeOverAtMs) return false;
    let wasLeft = false;
    for (const key of keys) {
      const entries = await streams.takeOver(key, idleMs, ENTRIES_AT_ONCE);
      await this.handle(entries, sources);
      wasLeft ||= entries.length > 0;
    }
    if (!wasLeft) this.takeOverAtMs = performance.now() + idleMs / 3;
    return wasLeft;
  }

  private async handle(
    entries: readonly StreamEntry[] | 'LOST',
    sources: ReadonlyMap<string, string>,
  ): Promise<void> {
    // Which of them it is, joining them tells.
    if (entries === 'LOST') this.joined.clear();
    else for (const entry of entries) await this.handleOne(sources.get(entry.key) ?? '', entry);
  }

  private async handleOne(source: string, entry: StreamEntry): Promise<void> {
    const { accept, streams, onRejected, log } = this.options;
    const event = cloudEventSchema.safeParse(streamEvent(source, entry));
    const result = event.success
      ? await accept({ event: event.data, channel: 'STREAM', actor: 'scheduler', when_full: 'HOLD' })
      : undefined;
    if (result?.ok === false && result.refusal !== 'EVENT_TOO_LARGE') {
      const refused = { stream: entry.key, entry_id: entry.id, refusal: result.refusal };
      log.warn(refused, 'an entry of a stream was refused; it is tried again');
      return;
    }
    if (result?.ok !== true) await onRejected({ source, entry, reason: reasonOf(source, entry) });
    await streams.acknowledge(entry.key, entry.id);
  }
}

function reasonOf(source: string, entry: StreamEntry): string {
  const problems = findProblems(cloudEventSchema, streamEvent(source, entry));
  return problems.length === 0
    ? `is more than ${String(EVENT_BYTES)} bytes as an event`
    : problems.map(formatProblem).join('; ');
}
