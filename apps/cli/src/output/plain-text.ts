import { stripVTControlCharacters } from 'node:util';

// Tab (09) and newline (0A) stay; all other control characters could move the cursor or hide text.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

/** Text that somebody else wrote, with nothing in it that a terminal would obey. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROL, '');
}
