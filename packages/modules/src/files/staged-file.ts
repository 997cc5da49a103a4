import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A file under a name of its own until it is whole. */
export interface StagedFile {
  readonly target: string;
  /** Where to write; beside the target, so that the rename is one step of the same file system. */
  readonly partial: string;
  /** Makes it durable and gives it its name, replacing what was there. */
  publish(): Promise<void>;
  /** Removes what was written; nothing after `publish`. */
  discard(): Promise<void>;
}

const sync = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};

/**
 * @param target absolute path of the file to be; its directory is made
 * @param owner who writes it, e.g. an execution id: two owners never share a partial file, and a repeated attempt of
 *   one owner overwrites what it left
 */
export const stageFile = async (target: string, owner: string): Promise<StagedFile> => {
  const directory = dirname(target);
  await mkdir(directory, { recursive: true });
  const partial = join(directory, `.${basename(target)}.${encodeURIComponent(owner)}.partial`);
  await rm(partial, { force: true });
  return {
    target,
    partial,
    async publish() {
      await sync(partial);
      await rename(partial, target);
      await sync(directory);
    },
    discard: () => rm(partial, { force: true }),
  };
};

/** Size in bytes and SHA-256 (hexadecimal) of a file. */
export const measureFile = async (path: string): Promise<{ bytes: number; sha256: string }> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { bytes: (await stat(path)).size, sha256: hash.digest('hex') };
};
