// What the scripts say while they work: one line per step, rewritten in place on a terminal.
import { stripVTControlCharacters } from 'node:util';

const live = process.stdout.isTTY === true && process.env.CI === undefined;

/** Seconds with one decimal, for a person. */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** One line of its own. */
export function say(line) {
  process.stdout.write(`${line}\n`);
}

/**
 * Shows a step while it runs and how it ended.
 *
 * @template T
 * @param {string} title what is being done
 * @param {(update: (detail: string) => void) => Promise<T>} work calls `update` with what it is at
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const started = performance.now();
  let lastShown = started;
  const update = (text) => {
    const detail = stripVTControlCharacters(text).trim();
    if (detail === '') return;
    const now = performance.now();
    if (live) {
      const room = Math.max(20, (process.stdout.columns || 80) - 1);
      process.stdout.write(`\r\x1b[2K${`  ${title}: ${detail}`.slice(0, room)}`);
    } else if (now - lastShown > 5_000) {
      lastShown = now;
      say(`  ${title}: ${detail}`);
    }
  };
  if (live) update('…');
  else say(`  ${title} …`);
  try {
    const result = await work(update);
    finish('✓', title, started);
    return result;
  } catch (error) {
    finish('✗', title, started);
    throw error;
  }
}

function finish(mark, title, started) {
  say(`${live ? '\r\x1b[2K' : ''}${mark} ${title} (${seconds(performance.now() - started)})`);
}

/** A failure that a person can act on: its message is shown alone, without a stack. */
export class Refusal extends Error {
  /**
   * @param {string} message one line
   * @param {string} [detail] the tail of a log, shown below it
   */
  constructor(message, detail) {
    super(message);
    this.name = 'Refusal';
    this.detail = detail;
  }
}

/** Runs a script's main function; a Refusal becomes one line and exit status 1. */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
}

/** Shows a failure: a Refusal as one line, a defect with its stack. */
export function report(error) {
  if (!(error instanceof Refusal)) {
    process.stderr.write(`${error?.stack ?? String(error)}\n`);
    return;
  }
  if (error.detail) process.stderr.write(`${error.detail.trimEnd()}\n\n`);
  process.stderr.write(`phi: ${error.message}\n`);
}
