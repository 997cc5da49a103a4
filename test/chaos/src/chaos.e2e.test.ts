import { expect, it } from '@jest/globals';

import { TARGETS } from './nemesis/nemesis.js';
import { fitting } from './options.js';
import { renderReport } from './render.js';
import { isGood, runChaos } from './run-chaos.js';

const SEED = Number(process.env['PHI_SEED'] ?? Date.now() % 1_000_000);
const EXECUTIONS = 400;
/** Disturbed for as long as clients take on a slow machine, and drained. */
const TIMEOUT_MS = 600_000;

it(
  `keeps what is promised while everything is disturbed (seed ${String(SEED)})`,
  async () => {
    const report = await runChaos({ seed: SEED, executions: EXECUTIONS, nemeses: fitting(EXECUTIONS) });
    if (!isGood(report)) throw new Error(renderReport(report));
    // It was disturbed at every target, and there was something to disturb.
    expect(Object.keys(report.faults).length).toBeGreaterThanOrEqual(TARGETS.length);
    expect(report.executions).toBeGreaterThan(EXECUTIONS / 2);
  },
  TIMEOUT_MS,
);
