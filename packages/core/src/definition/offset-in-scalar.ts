import { isScalar } from 'yaml';

const QUOTES = new Set(['"', "'"]);

/**
 * Where a character of a scalar's value stands in the text. Known where value and text run alike up to it: in plain
 * and quoted scalars of one line without escapes before it. Elsewhere the start of the scalar has to do.
 *
 * @param text - of the file
 * @param offset - characters of the value before it
 */
export function offsetInScalar(text: string, node: unknown, offset: number): number | undefined {
  if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return undefined;
  const [start, end] = node.range;
  const written = text.slice(start, end);
  const opening = QUOTES.has(written.charAt(0)) ? 1 : 0;
  const isAlike = written.startsWith(node.value.slice(0, offset), opening);
  return isAlike ? start + opening + offset : undefined;
}
