import type { CatalogReader } from '@phi/engine';

import { sourcesOf, WatchedSourcesReader } from '../watched-sources.js';
import { WatchedFiles, type FileWatchOptions } from './watched-files.js';

/**
 * Watches the files that triggers wait for (specification: Event-Based Triggers, data arrival). Any number of schedulers may do
 * so at once: the id of a file's event follows from its version.
 */
export class FileWatcher {
  private readonly sources = new WatchedSourcesReader();
  private readonly watched = new Map<string, WatchedFiles>();

  constructor(
    private readonly catalog: CatalogReader,
    private readonly options: FileWatchOptions,
  ) {}

  /** @returns milliseconds until the next file can have settled; undefined when none is on its way */
  async round(): Promise<number | undefined> {
    // Before the catalog: a source whose trigger came after it must not be taken for one whose trigger has gone.
    const kept = await this.options.arrivals.sources();
    const catalog = await this.catalog.current();
    const { files } = this.sources.of(catalog);
    await this.forgetGone(kept, sourcesOf(catalog));
    const failures: unknown[] = [];
    let nextMs: number | undefined;
    for (const [source, pattern] of files) {
      try {
        const leftMs = await this.of(source).look(pattern);
        if (leftMs !== undefined) nextMs = Math.min(nextMs ?? leftMs, leftMs);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures);
    return nextMs;
  }

  private of(source: string): WatchedFiles {
    const known = this.watched.get(source);
    if (known !== undefined) return known;
    const watch = new WatchedFiles(source, this.options);
    this.watched.set(source, watch);
    return watch;
  }

  /** A source that no trigger has any more begins anew when one has it again; that of one that is disabled does not. */
  private async forgetGone(kept: readonly string[], named: ReadonlySet<string>): Promise<void> {
    const gone = kept.filter((source) => !named.has(source));
    await Promise.all(gone.map((source) => this.options.arrivals.forgetSource(source)));
    for (const source of this.watched.keys()) if (!named.has(source)) this.watched.delete(source);
  }
}
