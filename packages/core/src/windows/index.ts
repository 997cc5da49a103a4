export { executionWindowTimezone } from './execution-window-timezone.js';
export { lastStartThatFits } from './last-start-that-fits.js';
export { windowAt } from './window-at.js';
export type { OpenHours, WindowAt } from './window-at.js';
export type { WindowedJob } from './window-note.js';
