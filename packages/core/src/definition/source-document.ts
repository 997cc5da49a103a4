import {
  isAlias,
  isMap,
  isNode,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
} from 'yaml';
import type { Problem } from '../errors/problem.js';
import type { LocatedProblem } from '../errors/zod-problems.js';
import { offsetInScalar } from './offset-in-scalar.js';

export interface Source {
  /** Name that problems are reported under. */
  readonly file: string;
  readonly text: string;
}

export const MAX_SOURCE_BYTES = 1024 * 1024;

/** Enough for sharing, too few for a text that unfolds into gigabytes. */
const MAX_ALIASES = 100;

const MAX_FAULTS = 20;

const TOO_DEEP = { field: '', reason: 'is nested too deeply', accepted: 'fewer levels' };

/** One document of a file, and where everything in it stands. */
export interface SourceDocument {
  readonly value: unknown;
  /** The problem with file, line and column. */
  locate(problem: LocatedProblem): Problem;
  /** `file:line:column` of what stands at a path. */
  placeOf(path: readonly PropertyKey[]): string;
}

export interface SourceReading {
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly Problem[];
}

/**
 * Reads a YAML or JSON text with one or more documents. Duplicate keys are refused.
 *
 * @returns the documents that can be read, and what keeps the others from it
 */
export function readSource(source: Source): SourceReading {
  const { file, text } = source;
  if (Buffer.byteLength(text) > MAX_SOURCE_BYTES) {
    return {
      documents: [],
      problems: [
        { file, field: '', reason: 'is too large', accepted: `at most ${String(MAX_SOURCE_BYTES)} bytes` },
      ],
    };
  }
  const lines = new LineCounter();
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      merge: true,
      logLevel: 'silent',
    });
    const documents = Array.isArray(parsed) ? parsed : [];
    const readings = documents.map((document) => readDocument(source, document, lines));
    return {
      documents: readings.flatMap((reading) => reading.documents),
      problems: readings.flatMap((reading) => reading.problems),
    };
  } catch (error) {
    if (error instanceof RangeError) return { documents: [], problems: [{ file, ...TOO_DEEP }] };
    throw error;
  }
}

function readDocument(source: Source, document: Document.Parsed, lines: LineCounter): SourceReading {
  const { file } = source;
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) return { documents: [], problems: faultProblems(file, faults, lines) };
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { documents: [{ value, ...positions(source, document, lines) }], problems: [] };
  } catch (error) {
    const accepted = acceptedInstead(error);
    const at = lineAndColumn(lines, document.range[0]);
    return {
      documents: [],
      problems: [{ file, ...at, field: '', reason: (error as Error).message, accepted }],
    };
  }
}

/** What a document that reads well and still has no value should have had; what is not the text's fault is thrown again. */
function acceptedInstead(error: unknown): string {
  if (error instanceof ReferenceError) return `at most ${String(MAX_ALIASES)} aliases`;
  if (error instanceof Error && error.message.startsWith('Merge sources'))
    return 'a mapping, or an alias of one, for << (or "<<" in quotes as a name)';
  throw error;
}

/** Each place once: at one place the first fault is the cause, and the others follow from it. */
function faultProblems(file: string, faults: readonly YAMLError[], lines: LineCounter): Problem[] {
  const overflow = faults.find(({ message }) => message.startsWith('Maximum call stack'));
  if (overflow !== undefined) return [{ file, ...lineAndColumn(lines, 0), ...TOO_DEEP }];
  const places = new Map<number, YAMLError>();
  for (const fault of faults) if (!places.has(fault.pos[0])) places.set(fault.pos[0], fault);
  return [...places.values()].slice(0, MAX_FAULTS).map((fault) => ({
    file,
    ...lineAndColumn(lines, fault.pos[0]),
    field: '',
    reason: fault.message,
    accepted: 'YAML or JSON',
  }));
}

function positions(
  { file, text }: Source,
  document: Document.Parsed,
  lines: LineCounter,
): Pick<SourceDocument, 'locate' | 'placeOf'> {
  const at = (place: Place): { line: number; column: number } =>
    lineAndColumn(lines, offsetOf(text, document, place));
  return {
    locate: ({ path, at: part, offset, ...problem }) => ({ ...problem, file, ...at({ path, part, offset }) }),
    placeOf: (path) => {
      const { line, column } = at({ path, part: 'VALUE' });
      return `${file}:${String(line)}:${String(column)}`;
    },
  };
}

function lineAndColumn(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

interface Place {
  readonly path: readonly PropertyKey[];
  readonly part: LocatedProblem['at'];
  readonly offset?: LocatedProblem['offset'];
}

/** Where a place stands in the text; where it does not, the nearest thing around it. */
function offsetOf(text: string, document: Document.Parsed, { path, part, offset: within }: Place): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    const found = member(document, node, step);
    if (found === undefined) return offset;
    node = found.value;
    const keyWanted = part === 'KEY' && index === path.length - 1;
    offset = (keyWanted ? startOf(found.key) : undefined) ?? startOf(node) ?? startOf(found.key) ?? offset;
  }
  return (within === undefined ? undefined : offsetInScalar(text, node, within)) ?? offset;
}

/** Start of a node that has text of its own; an empty value has none. */
function startOf(node: unknown): number | undefined {
  if (!isNode(node) || !node.range) return undefined;
  const [start, end] = node.range;
  return end > start ? start : undefined;
}

function member(
  document: Document.Parsed,
  holder: unknown,
  step: PropertyKey,
): { key: unknown; value: unknown } | undefined {
  const node: unknown = isAlias(holder) ? holder.resolve(document) : holder;
  if (isSeq(node) && typeof step === 'number') {
    const value = node.items[step];
    return value === undefined ? undefined : { key: undefined, value };
  }
  if (!isMap(node)) return undefined;
  return node.items.find((pair: Pair) => keyText(pair.key) === String(step));
}

function keyText(key: unknown): string {
  return isNode(key) ? String((key as Node & { value?: unknown }).value) : String(key);
}
