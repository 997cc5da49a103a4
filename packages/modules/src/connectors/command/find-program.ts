import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { PhiError } from '@phi/core';
import { hasCode } from '../../error-code.js';

type Found = 'PROGRAM' | 'NOT_EXECUTABLE' | 'ABSENT';

const look = async (file: string): Promise<Found> => {
  try {
    if (!(await stat(file)).isFile()) return 'NOT_EXECUTABLE';
    await access(file, constants.X_OK);
    return 'PROGRAM';
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return 'ABSENT';
    if (hasCode(error, 'EACCES')) return 'NOT_EXECUTABLE';
    throw error;
  }
};

const refuse = (program: string, reason: string): never => {
  throw new PhiError(
    'EXEC_005_INVALID_CONFIG',
    `argv[0]: "${program}" ${reason}; accepted: a program on the executor's PATH, or the path of one`,
    { operation: 'command.find', data: { program } },
  );
};

/**
 * Where a program is. Looked for at every start, so that one that is installed later is found.
 *
 * @param path the PATH that it will itself have
 * @throws PhiError EXEC_005_INVALID_CONFIG naming a program that is not there or cannot be executed
 */
export const findProgram = async (program: string, path: string | undefined): Promise<string> => {
  const candidates = program.includes('/')
    ? [program]
    : (path ?? '').split(delimiter).map((directory) => join(directory || '.', program));
  let isThere = false;
  for (const candidate of candidates) {
    const found = await look(candidate);
    if (found === 'PROGRAM') return candidate;
    isThere ||= found === 'NOT_EXECUTABLE';
  }
  return refuse(program, isThere ? 'is not executable' : 'is not there');
};
