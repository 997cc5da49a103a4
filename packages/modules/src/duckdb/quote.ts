/** A text as an SQL string literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A name as a quoted SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Texts as an SQL list literal. */
export const literalList = (texts: readonly string[]): string => `[${texts.map(literal).join(', ')}]`;
