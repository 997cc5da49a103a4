import { InvalidArgumentError, type Command } from 'commander';

import { FORMATS, type Format } from './output/output.js';

/** Options that every command has. */
export interface GlobalOptions {
  readonly url?: string;
  readonly key?: string;
  readonly output: Format;
}

/** @throws InvalidArgumentError which commander reports with the name of the option */
export function parseWhole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Accepted: a whole number from ${String(min)} to ${String(max)}.`);
  };
}

/** One of some words, in whatever case. */
export function parseWord<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`Accepted: ${words.join(', ')}.`);
  };
}

export function addGlobalOptions(program: Command): Command {
  return program
    .option('--url <url>', 'where the API is (PHI_API_URL; default: the local instance)')
    .option('--key <key>', 'key for the API (PHI_API_KEY; default: admin.key of the local instance)')
    .option(
      '-o, --output <format>',
      `how the answer is written: ${FORMATS.join(', ')}`,
      parseWord(FORMATS),
      'table',
    );
}

/** Examples below the help of a command. */
export function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
}
