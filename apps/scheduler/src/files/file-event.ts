import { deriveId, isEventAttribute, type CloudEvent } from '@phi/core';

import type { FoundFile } from './find-files.js';

export const FILE_EVENT_TYPE = 'phi.file.arrived';

const NANOSECONDS_PER_MS = 1_000_000n;

/** Tells one version of a file from another: the same one is one event, a file that takes its place another. */
export function versionOf({ size, modified_ns, inode }: FoundFile): string {
  return [size, modified_ns, inode].join('-');
}

/** Epoch milliseconds. */
export function modifiedMs({ modified_ns }: FoundFile): number {
  return Number(modified_ns / NANOSECONDS_PER_MS);
}

/**
 * The event of a file's arrival. Its id follows from the file's version: whichever scheduler sees it, it is the same.
 *
 * @param source - of the triggers
 */
export function fileEvent(source: string, file: FoundFile): CloudEvent {
  const { path } = file;
  return {
    specversion: '1.0',
    id: deriveId('file', path, versionOf(file)),
    source,
    type: FILE_EVENT_TYPE,
    ...(isEventAttribute(path) ? { subject: path } : {}),
    data: { path, size: Number(file.size), modified_time: new Date(modifiedMs(file)).toISOString() },
  };
}
