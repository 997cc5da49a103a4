import { existsSync } from 'node:fs';
import path from 'node:path';

import type { Context } from '../context.js';

/** What can be previewed. */
export type PreviewedKind = 'FILE' | 'EXPRESSION' | 'SCHEDULE';

/** A cron expression has spaces, stars or is a macro: none looks like an id. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** What an argument stands for; only a word that is nothing else is the id of a registered schedule. */
export function previewedKind(argument: string, { directory }: Context): PreviewedKind {
  if (argument === '') return 'EXPRESSION';
  const isFile =
    argument === '-' || /\.(?:ya?ml|json)$/.test(argument) || existsSync(path.resolve(directory, argument));
  if (isFile) return 'FILE';
  return ID.test(argument) ? 'SCHEDULE' : 'EXPRESSION';
}
