/** A path as a JSON pointer in a fragment: ['$defs', 'a/b'] is #/$defs/a~1b. */
export function formatPointer(path: readonly (string | number)[]): string {
  return `#${path.map((part) => `/${encodeURIComponent(escape(String(part)))}`).join('')}`;
}

function escape(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The parts of a JSON pointer, unescaped; undefined for what is none. */
export function readPointer(pointer: string): string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A reference written in the same way as formatPointer writes it; other fragments stay as they are. */
export function normalizeReference(reference: string): string {
  try {
    const path = readPointer(decodeURIComponent(reference.slice(1)));
    return path === undefined ? reference : formatPointer(path);
  } catch (error) {
    if (error instanceof URIError) return reference;
    throw error;
  }
}
