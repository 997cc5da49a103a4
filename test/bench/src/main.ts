import { parseArgs } from 'node:util';

import { benchLatency } from './latency.js';
import { benchThroughput, type ThroughputRow } from './throughput.js';

const HELP = `npm run bench -- [options]

  --executions N   executions in a round (default 4000)
  --rounds N       counted rounds, after one that warms up (default 5)
  --concurrency N  bodies at once (default 20)
  --samples N      samples of each latency (default 500)
  -o json          machine-readable

Phi and raw BullMQ take turns on the same Redis; every figure is the median of the rounds.
REDIS_URL names the Redis to use; its data is added to.`;

const { values } = parseArgs({
  options: {
    executions: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '20' },
    samples: { type: 'string', default: '500' },
    output: { type: 'string', short: 'o', default: 'table' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  process.stdout.write(`${HELP}\n`);
} else {
  const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
  const throughput = await benchThroughput({
    redisUrl,
    executions: Number(values.executions),
    rounds: Number(values.rounds),
    concurrency: Number(values.concurrency),
    inFlight: 100,
  });
  const latency = await benchLatency({ redisUrl, samples: Number(values.samples) });
  if (values.output === 'json') process.stdout.write(`${JSON.stringify({ throughput, latency }, null, 2)}\n`);
  else process.stdout.write(renderTables(throughput, latency));
}

function renderTables(
  throughput: readonly ThroughputRow[],
  latency: Awaited<ReturnType<typeof benchLatency>>,
): string {
  const raw = throughput[0];
  const against = (row: ThroughputRow, value: (of: ThroughputRow) => number): string =>
    raw === undefined ? '' : (value(row) / value(raw)).toFixed(2);
  const lines = [
    'From trigger to completion, bodies that do nothing, all in one process:',
    '',
    cells(['', 'executions/s', 'of raw', 'Node CPU µs', 'Redis CPU µs', 'CPU of raw', 'Redis bytes']),
    ...throughput.map((row) =>
      cells([
        row.name,
        row.executions_per_second.toFixed(0),
        against(row, (of) => of.executions_per_second),
        row.node_cpu_us.toFixed(0),
        row.redis_cpu_us.toFixed(0),
        against(row, (of) => of.node_cpu_us + of.redis_cpu_us),
        row.redis_bytes.toFixed(0),
      ]),
    ),
    '',
    cells(['Idle latency', 'p50 ms', 'p99 ms']),
    ...latency.map((row) => cells([row.name, row.p50_ms.toFixed(2), row.p99_ms.toFixed(2)])),
  ];
  return `${lines.join('\n')}\n`;
}

function cells([name = '', ...values]: readonly string[]): string {
  return name.padEnd(34) + values.map((value) => value.padStart(14)).join('');
}
