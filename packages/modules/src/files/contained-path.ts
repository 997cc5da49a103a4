import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { PhiError } from '@phi/core';

import { hasCode } from '../error-code.js';

const isInside = (root: string, path: string): boolean => {
  const from = relative(root, path);
  return from === '' || (!isAbsolute(from) && from !== '..' && !from.startsWith(`..${sep}`));
};

const refuse = (field: string, path: string, root: string, reason: string): PhiError =>
  new PhiError(
    'EXEC_005_INVALID_CONFIG',
    `${field}: "${path}" ${reason}; accepted: a path below ${root}, relative to it and without ".."`,
    { operation: 'path.contain', data: { field, path, root } },
  );

/** The real path of the nearest ancestor that exists, so that a symbolic link cannot lead out of the root. */
const realAncestor = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (parent === path || !hasCode(error, 'ENOENT')) throw error;
    return realAncestor(parent);
  }
};

/**
 * The absolute form of a path that an author wrote, which must lie below `root`. The file need not exist.
 *
 * @param field the parameter it was given in, for the message
 * @throws PhiError EXEC_005_INVALID_CONFIG if it has a `..` part, or lies outside the root, be it by a link
 */
export const containedPath = async (root: string, path: string, field: string): Promise<string> => {
  if (path.split(/[\\/]/).includes('..')) throw refuse(field, path, root, 'has a ".." part');
  const absolute = resolve(root, path);
  if (!isInside(resolve(root), absolute)) throw refuse(field, path, root, 'is outside the allowed directory');
  if (!isInside(await realAncestor(root), await realAncestor(absolute))) {
    throw refuse(field, path, root, 'leads outside the allowed directory');
  }
  return absolute;
};
