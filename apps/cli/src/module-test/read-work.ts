import { readFileSync } from 'node:fs';
import path from 'node:path';

import { findProblems, formatProblem } from '@phi/core';
import { workSchema, type Work } from '@phi/module-test';
import { parse, YAMLParseError } from 'yaml';

import { CliError, usageError } from '../cli-error.js';
import type { Context } from '../context.js';
import { errorCode } from '../error-code.js';

const ACCEPTED = 'a YAML or JSON file with {type, parameters, inputs, stage}';

/**
 * The work that a file asks for.
 *
 * @param option - that names the file
 * @throws CliError naming every wrong field
 */
export function readWork(option: string, file: string, context: Context): Work {
  const value = readYaml(option, file, context);
  const problems = findProblems(workSchema, value);
  if (problems.length > 0)
    throw CliError.invalid(problems.map((problem) => formatProblem({ file, ...problem })));
  return workSchema.parse(value);
}

function readYaml(option: string, file: string, context: Context): unknown {
  try {
    return parse(readFileSync(path.resolve(context.directory, file), 'utf8'));
  } catch (error) {
    if (error instanceof YAMLParseError) throw usageError(option, `${file}: ${error.message}`, ACCEPTED);
    const code = errorCode(error);
    if (code === undefined) throw error;
    throw usageError(option, `names a file that cannot be read (${code}): ${file}`, ACCEPTED);
  }
}
