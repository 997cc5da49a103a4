import type { AcceptResult, ArrivalStore, Clock, EventRequest, FilePattern } from '@phi/core';
import type { Logger } from '@phi/telemetry';

import { fileEvent, modifiedMs, versionOf } from './file-event.js';
import { findFiles, type Finding, type FoundFile } from './find-files.js';

export interface FileWatchOptions {
  /** Below which triggers name files; absolute. */
  readonly sourceDir: string;
  /** How long a file must not have changed before it counts as arrived, in milliseconds. */
  readonly settleMs: number;
  readonly arrivals: ArrivalStore;
  readonly clock: Clock;
  readonly accept: (request: EventRequest) => Promise<AcceptResult>;
  readonly log: Logger;
}

/** Files that become events in one round; the next round follows at once. */
const FILES_AT_ONCE = 200;

/** A file that has arrived or is arriving: which version, and since when this process has seen it. */
interface Sighting {
  readonly version: string;
  readonly since_ms: number;
}

/** The files of one source. */
export class WatchedFiles {
  /** Versions that have become events; read once, and then kept up. */
  private fired: Map<string, string> | undefined;
  private sightings: ReadonlyMap<string, Sighting> = new Map();
  private reported: ReadonlySet<string> = new Set();

  constructor(
    private readonly source: string,
    private readonly options: FileWatchOptions,
  ) {}

  /**
   * Makes an event of each file that has settled.
   *
   * @returns milliseconds until the next one can have settled; undefined when none is on its way
   */
  async look(pattern: FilePattern): Promise<number | undefined> {
    const { arrivals, sourceDir } = this.options;
    const fired = (this.fired ??= new Map(await arrivals.all(this.source)));
    const finding = await findFiles(sourceDir, pattern);
    this.report(finding);
    const arriving = finding.files.filter((file) => fired.get(file.path) !== versionOf(file));
    const { settled, nextMs } = this.settle(arriving);
    await this.fire(fired, settled.slice(0, FILES_AT_ONCE));
    await this.forgetVanished(fired, finding);
    return settled.length > FILES_AT_ONCE ? 0 : nextMs;
  }

  /** A file has settled once neither this process nor its own time says that it was written lately. */
  private settle(arriving: readonly FoundFile[]): {
    readonly settled: readonly FoundFile[];
    readonly nextMs: number | undefined;
  } {
    const { clock, settleMs } = this.options;
    const now = clock.now();
    const sightings = new Map<string, Sighting>();
    const settled: FoundFile[] = [];
    let nextMs: number | undefined;
    for (const file of arriving) {
      const version = versionOf(file);
      const before = this.sightings.get(file.path);
      const sighting = before?.version === version ? before : { version, since_ms: now };
      sightings.set(file.path, sighting);
      const leftMs = Math.min(sighting.since_ms, modifiedMs(file)) + settleMs - now;
      if (leftMs <= 0) settled.push(file);
      else nextMs = Math.min(nextMs ?? leftMs, leftMs);
    }
    this.sightings = sightings;
    return { settled: settled.sort(byTime), nextMs };
  }

  private async fire(fired: Map<string, string>, settled: readonly FoundFile[]): Promise<void> {
    const { arrivals, accept, log } = this.options;
    const paths = settled.map(({ path }) => path);
    // What another scheduler has seen to need not be asked about again.
    for (const [path, version] of await arrivals.versions(this.source, paths)) fired.set(path, version);
    const accepted = new Map<string, string>();
    const refused: string[] = [];
    for (const file of settled.filter(
      ({ path, ...rest }) => fired.get(path) !== versionOf({ path, ...rest }),
    )) {
      const event = fileEvent(this.source, file);
      const result = await accept({ event, channel: 'FILE', actor: 'scheduler', when_full: 'HOLD' });
      if (result.ok) accepted.set(file.path, versionOf(file));
      else refused.push(`${file.path} (${result.refusal})`);
    }
    await arrivals.record(this.source, accepted);
    for (const [path, version] of accepted) fired.set(path, version);
    if (accepted.size > 0) log.info({ source: this.source, files: accepted.size }, 'files have arrived');
    if (refused.length > 0) throw new Error(`events of files were refused: ${refused.join(', ')}`);
  }

  /** What a directory holds that cannot be read is not known: nothing is forgotten then. */
  private async forgetVanished(fired: Map<string, string>, { files, faults }: Finding): Promise<void> {
    if (faults.size > 0) return;
    const there = new Set(files.map(({ path }) => path));
    const vanished = [...fired.keys()].filter((path) => !there.has(path));
    await this.options.arrivals.forget(this.source, vanished);
    for (const path of vanished) fired.delete(path);
  }

  /** Each fault once, until it is gone. */
  private report({ faults }: Finding): void {
    const { log, sourceDir } = this.options;
    const found = new Map([...faults].map(([path, reason]) => [`${path}: ${reason}`, { path, reason }]));
    for (const [text, { path, reason }] of found) {
      if (this.reported.has(text)) continue;
      log.warn(
        { source: this.source, path: path === '' ? sourceDir : path },
        `a watched directory ${reason}`,
      );
    }
    if (this.reported.size > 0 && found.size === 0)
      log.info({ source: this.source }, 'the watched directories can be read again');
    this.reported = new Set(found.keys());
  }
}

function byTime(a: FoundFile, b: FoundFile): number {
  if (a.modified_ns !== b.modified_ns) return a.modified_ns < b.modified_ns ? -1 : 1;
  return a.path < b.path ? -1 : 1;
}
