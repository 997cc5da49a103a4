import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a body works between two checkpoints, in milliseconds. */
const STEP_MS = 40;

const failure = (code) => Object.assign(new Error('as asked'), { code });

/**
 * Tells what it does in a file outside Redis, a line each: `parameters.{effects, ms, fails_until, code, counts_to, publishes}`.
 * Attempts before `fails_until` fail with `code` at their end; `counts_to` saves a checkpoint at each number.
 */
export const witness = {
  name: 'WITNESS',
  run: async (context) => {
    const { output_dir, execution_id, chain_id, attempt_number, fence, parameters, checkpoint, signal } =
      context;
    const { effects, ms = 0, fails_until = 1, code, counts_to = 0, publishes } = parameters;
    const tell = (what, more) => {
      // The machine's monotonic clock, in microseconds: the same for every process.
      const clock_us = Number(process.hrtime.bigint() / 1000n);
      const line = {
        what,
        execution_id,
        chain_id,
        attempt_number,
        fence,
        pid: process.pid,
        clock_us,
        at: Date.now(),
      };
      appendFileSync(join(output_dir, effects), `${JSON.stringify({ ...line, ...more })}\n`);
    };
    const from = checkpoint.load()?.counter ?? 0;
    tell('start', { counter: from });
    if (publishes !== undefined) context.publish(publishes);
    await sleep(ms, undefined, { signal });
    for (let counter = from + 1; counter <= counts_to; counter++) {
      await sleep(STEP_MS, undefined, { signal });
      await checkpoint.save({ counter });
      tell('saved', { counter });
    }
    if (attempt_number < fails_until) {
      tell('fail');
      throw failure(code);
    }
    tell('end');
    return { records_processed: 1, records_failed: 0 };
  },
};
