// npm test: installs, builds, provides a Redis and a PostgreSQL, and runs every test. The last line is the count.
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

import { prepare } from './bootstrap/prepare.mjs';
import { Refusal, report, say, step } from './console/progress.mjs';
import { root } from './paths.mjs';
import { runHere } from './process/run.mjs';
import { provideTestPostgres } from './postgres/provide-for-tests.mjs';
import { provideTestRedis } from './redis/provide-for-tests.mjs';

const RESULTS = path.join(root, '.phi', 'tests', `results-${process.pid}.json`);

/** @returns {Promise<{passed: number, failed: number}>} */
async function main(args) {
  const env = await prepare();
  const servers = [];
  try {
    servers.push(await step('Providing Redis', provideTestRedis));
    servers.push(await step('Providing PostgreSQL', provideTestPostgres));
    return await runTests(Object.assign({ ...env }, ...servers.map((server) => server.env)), args);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function runTests(env, args) {
  await mkdir(path.dirname(RESULTS), { recursive: true });
  const jest = path.join(root, 'node_modules/jest/bin/jest.js');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const reporting = ['--json', `--outputFile=${RESULTS}`, '--maxWorkers=2'];
  // With --json, jest prints its results on stdout as well; its progress goes to stderr, which stays.
  const code = await runHere(process.execPath, [...flags, jest, ...reporting, ...args], {
    cwd: root,
    env,
    quiet: true,
  });
  try {
    return count(JSON.parse(await readFile(RESULTS, 'utf8')), code);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new Refusal(`jest ended with status ${code} before it could say what it ran`);
  } finally {
    await rm(RESULTS, { force: true });
  }
}

/** A suite that could not run, or a jest that failed for reasons of its own, counts as a failure. */
function count(results, code) {
  const passed = results.numPassedTests;
  for (const { fullName } of results.testResults.flatMap(skippedForReason)) say(`not run: ${fullName}`);
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  if (passed + failed === 0) say('No test ran.');
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

/** What this machine cannot run must be seen; its name says why. What a pattern left out was left out on purpose. */
function skippedForReason({ assertionResults }) {
  return assertionResults.filter(
    ({ status, fullName }) => status === 'pending' && fullName.includes('(skipped: '),
  );
}

let outcome = { passed: 0, failed: 1 };
try {
  outcome = await main(process.argv.slice(2));
} catch (error) {
  report(error);
}
const isGood = outcome.failed === 0 && outcome.passed > 0;
process.exitCode = isGood ? 0 : 1;
say(`${outcome.passed} passed, ${outcome.failed} failed`);
