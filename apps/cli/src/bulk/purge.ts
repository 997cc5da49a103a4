import * as z from 'zod';

import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';

/** What one call may purge. */
const AT_ONCE = 500;

const answerSchema = z.looseObject({ purged: z.array(z.string()) });

/** What is to be purged. */
export interface Purge {
  /** Below it is `purge`. */
  readonly path: string;
  /** What the API calls the ids. */
  readonly field: string;
  readonly ids: readonly string[];
  readonly dryRun: boolean | undefined;
}

/** Purges what has these ids, call by call, and says what is gone. */
export async function purge(
  context: Context,
  { path, field, ids, dryRun = false }: Purge,
): Promise<ExitStatus> {
  const purged: string[] = [];
  for (let from = 0; !dryRun && from < ids.length; from += AT_ONCE) {
    const body = { [field]: ids.slice(from, from + AT_ONCE) };
    purged.push(...(await context.api().post(`${path}/purge`, body, answerSchema)).purged);
  }
  const shown = dryRun ? ids : purged;
  const verb = dryRun ? 'would be purged' : 'purged';
  context.output.emit({ purged: shown }, () => `${String(shown.length)} ${verb}`);
  return EXIT.ok;
}
