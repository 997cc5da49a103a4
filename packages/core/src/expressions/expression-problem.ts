/** What is wrong with an expression, and where in it. */
export interface ExpressionProblem {
  readonly reason: string;
  readonly accepted: string;
  /** Characters (UTF-16 units) before the mistake. */
  readonly offset: number;
  /** From 1, within the expression. */
  readonly line: number;
  /** From 1, within its line. */
  readonly column: number;
}

/** A mistake on its way out of the compiler. */
export class ExpressionMistake extends Error {
  override readonly name = 'ExpressionMistake';

  /** @param offset - characters before it */
  constructor(
    readonly reason: string,
    readonly accepted: string,
    readonly offset: number,
  ) {
    super(reason);
  }
}

/** A mistake with line and column. */
export function problemAt(
  source: string,
  { reason, accepted, offset }: ExpressionMistake,
): ExpressionProblem {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return {
    reason,
    accepted,
    offset,
    line: before.split('\n').length,
    column: offset - lineStart + 1,
  };
}

/** The reason with its place, as it stands in the problem of a field. */
export function describeProblem({ reason, line, column }: ExpressionProblem): string {
  const place =
    line === 1 ? `character ${String(column)}` : `line ${String(line)}, character ${String(column)}`;
  return `${place}: ${reason}`;
}
