import { LONG, NEMESES } from './nemesis/nemeses.js';
import { HELP, readOptions, type Options } from './options.js';
import { renderReport } from './render.js';
import { isGood, runChaos } from './run-chaos.js';

const read = readOptions(process.argv.slice(2));
if (!read.ok) {
  process.stderr.write(`${read.problem}\n`);
  process.exitCode = 2;
} else if (read.options.help) {
  process.stdout.write(HELP);
} else if (read.options.list) {
  for (const { name, target } of NEMESES)
    process.stdout.write(`${name}  (${target}${LONG.has(name) ? ', long' : ''})\n`);
} else {
  process.exitCode = await run(read.options);
}

async function run(options: Options): Promise<number> {
  // What is read by a program stays alone on the standard output.
  const say = (line: string): boolean => process.stderr.write(`  ${line}\n`);
  say(`seed ${String(options.seed)}`);
  const report = await runChaos({ ...options, onProgress: say });
  process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : renderReport(report));
  return isGood(report) ? 0 : 1;
}
