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
  ACTIVE: 'green',
  PAUSED: 'yellow',
  INVALID: 'red',
  FIRED: 'green',
  LATE: 'green',
  CAUGHT_UP: 'green',
  MISSED: 'red',
  REJECTED: 'red',
  SKIPPED_RUNNING: 'yellow',
  SKIPPED_WINDOW: 'yellow',
  SKIPPED_PAUSED: 'yellow',
  HELD: 'cyan',
  PASSED: 'green',
  SKIPPED: 'yellow',
};

/** A status as a cell of a table, coloured where colours are wanted. */
export function statusCell(status: string, colours: boolean): Styled {
  const text = plainText(status);
  const colour = COLOURS[text];
  return new Styled(
    colours && colour !== undefined ? styleText(colour, text, { validateStream: false }) : text,
  );
}
