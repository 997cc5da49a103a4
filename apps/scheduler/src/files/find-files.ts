import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

import { enter, isLeftOut, startOf, takesFile, type FilePattern, type PatternState } from '@phi/core';

/** A file as it was found. */
export interface FoundFile {
  /** Relative to the source directory, its parts separated by `/`. */
  readonly path: string;
  /** In bytes. */
  readonly size: bigint;
  /** When it was last written, nanoseconds since 1970. */
  readonly modified_ns: bigint;
  readonly inode: bigint;
}

export interface Finding {
  readonly files: readonly FoundFile[];
  /** Directories that could not be looked into, with the reason: what is in them is not known. */
  readonly faults: ReadonlyMap<string, string>;
}

/**
 * The files below a directory that a pattern names. Nothing outside of it is looked at: a pattern has no `..`, symbolic links
 * are passed over, and one that leads to the pattern's base must stay inside.
 */
export async function findFiles(root: string, pattern: FilePattern): Promise<Finding> {
  const walk = new Walk(pattern);
  const directory = await walk.begin(root);
  if (directory !== undefined) await walk.through(directory);
  return walk;
}

/** More files of one pattern are not looked at. */
const FILES_AT_MOST = 100_000;
/** Files whose state is asked for at once. */
const AT_ONCE = 256;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is no directory',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
};

/** A directory on the way, and how far into the pattern it is. */
interface Place {
  /** Relative to the base. */
  readonly path: string;
  readonly state: PatternState;
}

class Walk implements Finding {
  readonly files: FoundFile[] = [];
  readonly faults = new Map<string, string>();
  private readonly base: string;

  constructor(private readonly pattern: FilePattern) {
    this.base = pattern.base.join('/');
  }

  /** @returns the base, links resolved */
  async begin(root: string): Promise<string | undefined> {
    try {
      const real = await realpath(root);
      const base = await realpath(join(real, this.base));
      if (base === real || base.startsWith(real === sep ? sep : `${real}${sep}`)) return base;
      this.faults.set(this.base, 'leads out of the source directory');
    } catch (error) {
      this.faults.set(this.base, reasonOf(error));
    }
    return undefined;
  }

  async through(directory: string): Promise<void> {
    const places: Place[] = [{ path: '', state: startOf(this.pattern) }];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      const { files, below } = await this.lookInto(directory, place);
      places.push(...below);
      await this.take(directory, files);
      if (this.files.length <= FILES_AT_MOST) continue;
      this.files.length = FILES_AT_MOST;
      this.faults.set(this.base, `has more than ${String(FILES_AT_MOST)} files`);
      return;
    }
  }

  private async lookInto(
    directory: string,
    { path, state }: Place,
  ): Promise<{ readonly files: readonly string[]; readonly below: readonly Place[] }> {
    try {
      const entries = await readdir(join(directory, path), { withFileTypes: true });
      const seen = entries.filter(({ name }) => !isLeftOut(name));
      const files = seen.filter((entry) => entry.isFile() && takesFile(this.pattern, state, entry.name));
      const below = seen.flatMap((entry) => {
        const next = entry.isDirectory() ? enter(this.pattern, state, entry.name) : [];
        return next.length === 0 ? [] : [{ path: join(path, entry.name), state: next }];
      });
      return { files: files.map(({ name }) => join(path, name)), below };
    } catch (error) {
      // One that somebody has just removed is no fault; the base should be there.
      if (path === '' || codeOf(error) !== 'ENOENT') this.faults.set(join(this.base, path), reasonOf(error));
      return { files: [], below: [] };
    }
  }

  private async take(directory: string, paths: readonly string[]): Promise<void> {
    for (let at = 0; at < paths.length; at += AT_ONCE) {
      const states = paths.slice(at, at + AT_ONCE).map((path) => this.stateOf(directory, path));
      this.files.push(...(await Promise.all(states)).filter((file) => file !== undefined));
    }
  }

  private async stateOf(directory: string, path: string): Promise<FoundFile | undefined> {
    const name = this.base === '' ? path : `${this.base}/${path}`;
    try {
      const state = await lstat(join(directory, path), { bigint: true });
      if (!state.isFile()) return undefined;
      return { path: name, size: state.size, modified_ns: state.mtimeNs, inode: state.ino };
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.faults.set(name, reasonOf(error));
      return undefined;
    }
  }
}

/** @throws what is no fault of the file system */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === undefined) throw error;
  return REASONS[code] ?? `cannot be read (${code})`;
}

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}
