import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { Refusal } from './console/progress.mjs';

const execute = promisify(execFile);

/** The pipelines to run, by the job that starts each. */
const PIPELINES = ['flights-ingest', 'weather-report'];
/** A file of theirs. */
const EXAMPLE_FILE = 'flights-3m.parquet';
/** What the flights need that is on a schedule of its own. */
const REFERENCE = 'airports-ingest';

/**
 * Called by `npm start` once every service is ready: applies the example pipelines, runs them and says what
 * ran.
 *
 * @param {object} instance
 * @param {string} instance.apiUrl
 * @param {string} instance.dataDir absolute; the admin key is in it
 * @param {string} instance.root of the checkout
 * @param {AbortSignal} instance.signal aborted when the user asks to stop
 * @param {(title: string, work: (update: (detail: string) => void) => Promise<unknown>) => Promise<unknown>}
 *   instance.step shows a step while it runs
 * @param {(line: string) => void} instance.say prints a line
 */
export async function quickstart({ apiUrl, dataDir, root, signal, step, say }) {
  const source = process.env.PHI_SOURCE_DIR;
  if (source && !existsSync(path.join(source, EXAMPLE_FILE))) {
    say(`\nThe example pipelines are left out: PHI_SOURCE_DIR (${source}) does not have their data.`);
    for (const line of whereToLook(apiUrl, dataDir, root)) say(line);
    return;
  }
  const phi = phiCommand({ apiUrl, dataDir, root, signal });
  await step('Applying the example pipelines', () => phi('apply', path.join(root, 'examples', 'jobs')));
  const runs = [];
  await step('Running them on real data', async (update) => {
    update(REFERENCE);
    runs.push(await phi('trigger', REFERENCE, '--wait', '--propagate'));
    update(PIPELINES.join(', '));
    runs.push(...(await Promise.all(PIPELINES.map((job) => phi('trigger', job, '--wait')))));
  });
  for (const line of describe(runs.flatMap((run) => run.executions))) say(line);
  const outputs = runs.flatMap((run) => run.executions).flatMap(deliveries);
  if (outputs.length > 0) say(`\nWritten below ${path.join(dataDir, 'output')}: ${outputs.join(', ')}`);
  for (const line of whereToLook(apiUrl, dataDir, root)) say(line);
}

function phiCommand({ apiUrl, dataDir, root, signal }) {
  const main = path.join(root, 'apps', 'cli', 'dist', 'main.js');
  return async (...args) => {
    const env = { ...process.env, PHI_API_URL: apiUrl, PHI_DATA_DIR: dataDir };
    try {
      const { stdout } = await execute(process.execPath, [main, '-o', 'json', ...args], { env, signal });
      return JSON.parse(stdout);
    } catch (error) {
      if (signal.aborted || error.stderr === undefined) throw error;
      throw new Refusal(
        `phi ${args.join(' ')} ended with status ${error.code}`,
        error.stderr || error.stdout,
      );
    }
  };
}

const COLUMNS = [
  ['job', 26, (execution) => execution.job_id],
  ['status', 11, (execution) => execution.status],
  ['records', 11, (execution) => records(execution).toLocaleString('en-US')],
  ['seconds', 9, (execution) => (execution.result?.duration_seconds ?? 0).toFixed(1)],
  ['execution', 26, (execution) => execution.execution_id],
];

function describe(executions) {
  const line = (cells) => `  ${cells.map((cell, at) => cell.padEnd(COLUMNS[at][1])).join(' ')}`.trimEnd();
  const total = executions.reduce((sum, execution) => sum + records(execution), 0);
  return [
    '',
    line(COLUMNS.map(([title]) => title)),
    ...executions.map((execution) => line(COLUMNS.map(([, , value]) => value(execution)))),
    '',
    `${executions.length} executions moved ${total.toLocaleString('en-US')} records.`,
  ];
}

function records(execution) {
  return execution.result?.records_processed ?? 0;
}

/** Outputs for the jobs that follow, not for people. */
const HANDED_ON = new Set(['batch', 'rejects']);

/** What output modules wrote. */
function deliveries(execution) {
  return Object.entries(execution.result?.outputs ?? {})
    .filter(([name]) => !HANDED_ON.has(name))
    .map(([, file]) => file);
}

function whereToLook(apiUrl, dataDir, root) {
  const keyFile = path.join(dataDir, 'admin.key');
  const key = keyFile.startsWith(root) ? path.relative(root, keyFile) : keyFile;
  return [
    '',
    `API         ${apiUrl}  (OpenAPI at ${apiUrl}/openapi.json)`,
    `Bull Board  ${apiUrl}/queues`,
    `Sign in     with the admin key in ${key}; the phi command finds it by itself`,
    `Try         npx phi runs    npx phi ls executions    npx phi trigger weather-report --wait`,
    '',
  ];
}
