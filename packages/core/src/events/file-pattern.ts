import { matchesName, readNameGlob, type NameGlob } from './glob-name.js';

/** Which files a source names (design: Events): a path below the source directory, or a glob of such paths. */
export interface FilePattern {
  /** The directory below which they are, part by part; no glob is in it. */
  readonly base: readonly string[];
  /** What follows it, at least one part; `**` stands for any number of directories, and as the last for all that is in them. */
  readonly parts: readonly (NameGlob | '**')[];
}

export type FilePatternResult =
  { readonly ok: true; readonly pattern: FilePattern } | { readonly ok: false; readonly reason: string };

/** What a file pattern may be, in words. */
export const FILE_PATTERN_ACCEPTED =
  'a path or glob below PHI_SOURCE_DIR, such as incoming/*.csv, incoming/ or incoming/**/*.csv';

const HAS_GLOB = /[*?[]/;
const CONTROL = /\p{Cc}/u;
/** Names that programs give to what they have not finished. */
const UNFINISHED = /^[.~]|\.(?:tmp|part|crdownload)$|~$/i;

/** Whether a file or directory of this name is left out: a hidden one, or one that somebody still writes. */
export function isLeftOut(name: string): boolean {
  return UNFINISHED.test(name);
}

/**
 * Reads what stands after `file:` in a trigger's source.
 *
 * @param text - parts separated by `/`; one that ends in `/` means every file in that directory
 */
export function readFilePattern(text: string): FilePatternResult {
  const parts = (text.endsWith('/') ? `${text}*` : text).split('/');
  const reason = faultOf(text, parts);
  if (reason !== undefined) return { ok: false, reason };
  const globs = parts.map((part) => (part === '**' ? part : readNameGlob(part)));
  const firstGlob = parts.findIndex((part) => HAS_GLOB.test(part));
  const from = firstGlob === -1 ? parts.length - 1 : firstGlob;
  const read = globs.slice(from).filter((glob) => glob !== undefined);
  return { ok: true, pattern: { base: parts.slice(0, from), parts: read } };
}

function faultOf(text: string, parts: readonly string[]): string | undefined {
  if (text === '') return 'names no file';
  if (text.startsWith('/') || /^[A-Za-z]:/.test(text)) return 'is an absolute path';
  if (text.includes('\\') || CONTROL.test(text)) return 'has a character that is not allowed in it';
  if (parts.some((part) => part === '..' || part === '.' || part === ''))
    return 'has an empty part, a "." or a ".."';
  if (parts.some((part) => readNameGlob(part) === undefined)) return 'has a [ without its ]';
  const leftOut = parts.find((part) => !HAS_GLOB.test(part) && isLeftOut(part));
  if (leftOut !== undefined) return `names ${leftOut}, which is hidden or not finished`;
  return undefined;
}

/** How far into a pattern's parts a directory is: more than one place where a `**` is in it. */
export type PatternState = readonly number[];

/** Where a walk begins: in the base. */
export function startOf(pattern: FilePattern): PatternState {
  return withSkipped(pattern, [0]);
}

/** Whether a file of this name matches, in a directory that is so far into the pattern. */
export function takesFile({ parts }: FilePattern, state: PatternState, name: string): boolean {
  return state.some((at) => at === parts.length - 1 && fits(parts[at], name));
}

/** How far the directory of this name is into the pattern; empty where nothing in it can match. */
export function enter(pattern: FilePattern, state: PatternState, name: string): PatternState {
  const { parts } = pattern;
  const next = state.flatMap((at) => {
    if (parts[at] === '**') return [at];
    return at < parts.length - 1 && fits(parts[at], name) ? [at + 1] : [];
  });
  return withSkipped(pattern, next);
}

/** A `**` may stand for no directory at all. */
function withSkipped({ parts }: FilePattern, state: PatternState): PatternState {
  const reached = new Set(state);
  for (const at of reached) if (parts[at] === '**' && at < parts.length - 1) reached.add(at + 1);
  return [...reached];
}

function fits(part: NameGlob | '**' | undefined, name: string): boolean {
  return part === '**' || (part !== undefined && matchesName(part, name));
}
