import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Replaces the one passage of a file that a fault, or another build, is planted in.
 *
 * @throws Error the passage is not there exactly once: what is to be planted has to be looked at anew
 */
export function replacePassage(path: string, passage: string, by: string): void {
  const parts = readFileSync(path, 'utf8').split(passage);
  if (parts.length !== 2) throw new Error(`${path} has ${String(parts.length - 1)} times: ${passage}`);
  writeFileSync(path, parts.join(by));
}
