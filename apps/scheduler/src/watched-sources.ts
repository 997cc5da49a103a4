import { readTriggerSource, sourceFault, type FilePattern, type TriggerSource } from '@phi/core';
import type { Catalog } from '@phi/engine';

/** The sources that the scheduler itself watches, of the active triggers of a catalog. */
export interface WatchedSources {
  /** By the source that the triggers have. */
  readonly files: ReadonlyMap<string, FilePattern>;
  /** The source that the triggers have, by the key of the stream. */
  readonly streams: ReadonlyMap<string, string>;
}

/** Reads a catalog once; asked again for the same one, the answer is the same. */
export class WatchedSourcesReader {
  private known: { readonly catalog: Catalog; readonly watched: WatchedSources } | undefined;

  of(catalog: Catalog): WatchedSources {
    if (this.known?.catalog !== catalog) this.known = { catalog, watched: watchedSources(catalog) };
    return this.known.watched;
  }
}

function watchedSources({ triggers }: Catalog): WatchedSources {
  const files = new Map<string, FilePattern>();
  const streams = new Map<string, string>();
  for (const [source, active] of triggers) {
    const isTaken = active.some(({ trigger }) => sourceFault(trigger.trigger_type, source) === undefined);
    const read = isTaken ? asWatched(readTriggerSource(source)) : undefined;
    if (read?.kind === 'FILE') files.set(source, read.pattern);
    else if (read?.kind === 'STREAM') streams.set(read.key, source);
  }
  return { files, streams };
}

function asWatched(read: ReturnType<typeof readTriggerSource>): TriggerSource | undefined {
  return 'kind' in read ? read : undefined;
}

/** Sources that some trigger has, active or not. */
export function sourcesOf({ jobs }: Catalog): ReadonlySet<string> {
  return new Set(
    [...jobs.values()].flatMap(({ definition }) => definition.triggers.map(({ source }) => source)),
  );
}
