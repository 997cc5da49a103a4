import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

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
  const path = join(directory, file);
  const parts = readFileSync(path, 'utf8').split(passage);
  if (parts.length !== 2) throw new Error(`${file} has ${String(parts.length - 1)} times: ${passage}`);
  writeFileSync(path, parts.join(by));
  const url = pathToFileURL(`${directory}/`);
  return { directory: url, remove: () => rmSync(directory, { recursive: true }) };
}
