import { styleText } from 'node:util';

import { plainText } from './plain-text.js';
import { Styled } from './table.js';

type Colour = 'green' | 'red' | 'yellow' | 'cyan';

const COLOURS: Readonly<Record<string, Colour>> = {
  COMPLETED: 'green',
  succeeded: 'green',
  HEALTHY: 'green',
  FAILED: 'red',
  TIMEOUT: 'red',
  failed: 'red',
  UNHEALTHY: 'red',
  CANCELLED: 'yellow',
  cancelled: 'yellow',
  DEGRADED: 'yellow',
  RUNNING: 'cyan',
  COMPLETING: 'cyan',
  running: 'cyan',
};

/** A status as a cell of a table, coloured where colours are wanted. */
export function statusCell(status: string, colours: boolean): Styled {
  const text = plainText(status);
  const colour = COLOURS[text];
  return new Styled(
    colours && colour !== undefined ? styleText(colour, text, { validateStream: false }) : text,
  );
}
