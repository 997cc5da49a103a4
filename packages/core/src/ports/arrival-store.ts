/**
 * Which version of each file has become an event, by the source that triggers name. It outlives the schedulers, and all of
 * them share it.
 */
export interface ArrivalStore {
  /** Sources that something is kept of. */
  sources(): Promise<readonly string[]>;
  /** Every file of a source with its version. */
  all(source: string): Promise<ReadonlyMap<string, string>>;
  /** The files among those asked for that something is kept of, with their versions. */
  versions(source: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
  record(source: string, versions: ReadonlyMap<string, string>): Promise<void>;
  forget(source: string, paths: readonly string[]): Promise<void>;
  forgetSource(source: string): Promise<void>;
}
