import CliTable from 'cli-table3';

import { plainText } from './plain-text.js';

/** Marks a cell as made here, so that its colour survives; everything else is taken for foreign text. */
export class Styled {
  constructor(readonly text: string) {}
}

export type Cell = Styled | string | number | boolean | null | undefined;

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((name) => [name, '']),
);

/** Rows under their headings, in columns as wide as what they hold; no lines, so that `grep` and `awk` like it too. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return layOut([head, ...rows]);
}

/** Names and their values, one a line; values that are not there are left out. */
export function facts(entries: readonly (readonly [name: string, value: Cell])[]): string {
  return layOut(entries.filter(([, value]) => value !== undefined && value !== null && value !== ''));
}

function layOut(rows: readonly (readonly Cell[])[]): string {
  const layout = new CliTable({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const row of rows) layout.push(row.map(cellText));
  return layout
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function cellText(cell: Cell): string {
  if (cell instanceof Styled) return cell.text;
  return cell === undefined || cell === null ? '' : plainText(String(cell));
}
