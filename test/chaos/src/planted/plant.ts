import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { replacePassage } from '@phi/testkit';

import { ROOT } from '../../../e2e/fixture/phi.js';

/** One passage of the scripts, and what is there instead. */
export interface Replacement {
  /** Below packages/store/lua. */
  readonly file: string;
  readonly passage: string;
  readonly by: string;
}

export interface Planted {
  readonly directory: URL;
  remove(): void;
}

/**
 * A copy of the scripts with one passage replaced.
 *
 * @throws Error the passage is not there exactly once: the fault is to be planted anew
 */
export function plant({ file, passage, by }: Replacement): Planted {
  const directory = mkdtempSync(join(tmpdir(), 'phi-lua-'));
  cpSync(join(ROOT, 'packages/store/lua'), directory, { recursive: true });
  replacePassage(join(directory, file), passage, by);
  const url = pathToFileURL(`${directory}/`);
  return { directory: url, remove: () => rmSync(directory, { recursive: true }) };
}
