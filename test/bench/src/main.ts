import { benchAdmission } from './admission.js';
import { benchFanOut } from './fan-out.js';
import { benchGraph } from './graph.js';
import { readOptions, HELP } from './options.js';
import { benchLatency } from './latency.js';
import { loadAverage, renderReport, type Report } from './render.js';
import { benchStart } from './start.js';
import { benchSchedules } from './schedules.js';
import { benchThroughput } from './throughput.js';

const read = readOptions(process.argv.slice(2));

if (!read.ok) {
  process.stderr.write(`${read.problem}\n`);
  process.exitCode = 2;
} else if (read.options.help) {
  process.stdout.write(HELP);
} else {
  const { options } = read;
  const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
  const report: Report = {
    ...(options.sections.has('throughput')
      ? { throughput: await benchThroughput({ ...options, redisUrl, inFlight: 100 }) }
      : {}),
    ...(options.sections.has('latency') ? { latency: await benchLatency({ ...options, redisUrl }) } : {}),
    ...(options.sections.has('start') ? { start: await benchStart(options) } : {}),
    ...(options.sections.has('fan-out') ? { fan_out: await benchFanOut({ ...options, redisUrl }) } : {}),
    ...(options.sections.has('admission')
      ? { admission: await benchAdmission({ ...options, redisUrl }) }
      : {}),
    ...(options.sections.has('schedules')
      ? { schedules: await benchSchedules({ ...options, redisUrl }) }
      : {}),
    ...(options.sections.has('graph') ? { graph: benchGraph(options) } : {}),
  };
  const json = { ...report, load_average: loadAverage().map(Number) };
  process.stdout.write(options.json ? `${JSON.stringify(json, null, 2)}\n` : renderReport(report));
}
