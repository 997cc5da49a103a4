// node scripts/checks/import-rules.mjs [folder] [minimum number of modules]
// The import rules of .dependency-cruiser.mjs over a checkout; each violation is one line.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { root } from '../paths.mjs';
import { run } from '../process/run.mjs';

const LEAST_MODULES = 100;

const folder = path.resolve(process.argv[2] ?? root);
const least = Number(process.argv[3] ?? LEAST_MODULES);
const config = path.join(root, '.dependency-cruiser.mjs');
const depcruise = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

const { output, tail } = await run(
  process.execPath,
  [depcruise, ...sources(), '--config', config, '--output-type', 'json'],
  { cwd: folder },
);
const result = parse(output);
if (result === undefined) {
  process.stdout.write(`dependency-cruiser failed:\n${tail}\n`);
  process.exitCode = 1;
} else {
  process.exitCode = judge(result) ? 0 : 1;
}

function judge({ modules, summary }) {
  for (const { rule, from, to, cycle } of summary.violations) {
    const way = cycle === undefined ? to : cycle.map((step) => step.name).join(' → ');
    process.stdout.write(`${rule.name}: ${from} → ${way}\n`);
  }
  const ours = modules.filter(({ source }) => /^(packages|apps|test)\/.*(?<!\.d)\.ts$/u.test(source));
  // A cruiser that cannot read TypeScript finds no violations, because it finds no modules.
  if (ours.length < least) {
    process.stdout.write(`only ${ours.length} modules were read, at least ${least} are expected\n`);
    return false;
  }
  process.stdout.write(`${ours.length} modules, ${summary.violations.length} violations\n`);
  return summary.violations.length === 0;
}

function sources() {
  const groups = ['packages', 'apps'].flatMap((group) => {
    const dir = path.join(folder, group);
    return existsSync(dir) ? readdirSync(dir).map((name) => `${group}/${name}/src`) : [];
  });
  return [...groups, 'test'].filter((source) => existsSync(path.join(folder, source)));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
