import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** The file that a program name means on a search path, or undefined. */
export function findProgram(name, searchPath = process.env.PATH ?? '') {
  for (const dir of searchPath.split(path.delimiter)) {
    const file = path.join(dir, name);
    try {
      accessSync(file, constants.X_OK);
      if (dir !== '' && statSync(file).isFile()) return file;
    } catch (error) {
      if (!['ENOENT', 'EACCES', 'ENOTDIR'].includes(error.code)) throw error;
    }
  }
  return undefined;
}
