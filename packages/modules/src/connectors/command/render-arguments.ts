import { parseArgument, PhiError, type ArgumentPart, type CommandBinding } from '@phi/core';
import type { StageCall } from '../stage-connector.js';

/** What one call of a program may take as a single argument: Linux refuses more than 128 KiB. */
const LONGEST_ARGUMENT_BYTES = 128 * 1024 - 1;

const refuse = (index: number, reason: string, accepted: string): never => {
  throw new PhiError('EXEC_005_INVALID_CONFIG', `argv[${String(index)}]: ${reason}; accepted: ${accepted}`, {
    operation: 'command.arguments',
    data: { argument: index },
  });
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const valueAt = (root: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, name) => (isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    root,
  );

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const lookUp = (path: readonly string[], call: StageCall, index: number): string => {
  const [root = '', ...rest] = path;
  const value = root === 'stages' ? valueAt(call.inputs.stages, rest) : valueAt(call, path);
  if (value === undefined || value === null) {
    const name = root === 'parameters' ? ['parameters', call.stage, ...rest].join('.') : path.join('.');
    return refuse(index, `${name} is not there`, 'a value for every placeholder');
  }
  return textOf(value);
};

/** What continues a path must stay below what stands before it: values with "/" in them as well as those that only together leave it. */
const checkPath = (continuation: string, index: number): void => {
  const leaves =
    continuation === '' || continuation.startsWith('/') || continuation.split(/[/\\]/).includes('..');
  if (leaves)
    refuse(
      index,
      'a placeholder after "/" leads elsewhere',
      'a path below what stands before it, without ..',
    );
};

const render = (parts: readonly ArgumentPart[], call: StageCall, index: number): string => {
  let rendered = '';
  let continued: number | undefined;
  for (const part of parts) {
    if ('path' in part && rendered.endsWith('/')) continued ??= rendered.length;
    rendered += 'text' in part ? part.text : lookUp(part.path, call, index);
  }
  if (continued !== undefined) checkPath(rendered.slice(continued), index);
  return rendered;
};

const renderArgument = (argument: string, call: StageCall, index: number, allowDashes: boolean): string => {
  const template = parseArgument(argument);
  if (!template.ok) return refuse(index, template.reason, 'as the binding was checked');
  const rendered = render(template.parts, call, index);
  const [first] = template.parts;
  if (first !== undefined && 'path' in first && rendered.startsWith('-') && !allowDashes)
    refuse(index, 'begins with "-"', 'a value that cannot be taken for an option, or allow_dashes: true');
  if (rendered.includes('\0')) refuse(index, 'has a NUL character', 'text without it');
  if (Buffer.byteLength(rendered) > LONGEST_ARGUMENT_BYTES)
    refuse(
      index,
      'is too long',
      `at most ${String(LONGEST_ARGUMENT_BYTES)} bytes; PHI_REQUEST has the whole`,
    );
  return rendered;
};

/**
 * The arguments of a program, its name the first. Each element of `argv` is one argument, whatever its placeholders stand for: a text as it
 * is, anything else as JSON. No shell sees them.
 *
 * @throws PhiError EXEC_005_INVALID_CONFIG naming the argument; it never quotes a value, which may be a secret
 */
export const renderArguments = (
  { argv, allow_dashes }: Pick<CommandBinding, 'argv' | 'allow_dashes'>,
  call: StageCall,
): string[] => argv.map((argument, index) => renderArgument(argument, call, index, allow_dashes));
