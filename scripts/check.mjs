// npm run check: everything that can be said about the code without running it, cheapest first.
import { prepare } from './bootstrap/prepare.mjs';
import { runMain, say, seconds } from './console/progress.mjs';
import { root } from './paths.mjs';
import { runHere } from './process/run.mjs';

/** @type {[name: string, command: string, args: string[]][]} */
const STEPS = [
  ['format', 'prettier', ['--check', '--log-level=warn', '.']],
  ['generated files', 'node', ['scripts/generate.mjs', '--check']],
  ['import rules', 'node', ['scripts/checks/import-rules.mjs']],
  ['types of the tests', 'tsc', ['--project', 'tsconfig.tests.json']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings', '--format=unix']],
  ['unused', 'knip', ['--no-progress', '--no-config-hints']],
];

await runMain(async () => {
  // Building checks the types of the sources; the steps after it read what was built.
  const env = await prepare();
  const failed = [];
  for (const [name, command, args] of STEPS) {
    const started = performance.now();
    const code = await runHere(command, args, { cwd: root, env });
    if (code !== 0) failed.push(name);
    say(`${code === 0 ? '✓' : '✗'} ${name} (${seconds(performance.now() - started)})`);
  }
  if (failed.length === 0) {
    say('All checks passed.');
    return 0;
  }
  say(`Failed: ${failed.join(', ')}`);
  return 1;
});
