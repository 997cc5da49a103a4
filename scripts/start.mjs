// npm start: from a fresh clone to running services with the example pipelines run. Ctrl-C drains and stops.
import { prepare } from './bootstrap/prepare.mjs';
import { checkNode } from './bootstrap/node-version.mjs';
import { report, say, step } from './console/progress.mjs';
import { quickstart } from './quickstart.mjs';
import { Instance } from './start/instance.mjs';
import { readSettings } from './start/settings.mjs';

/** Signals closer together than this are one request. */
const SAME_REQUEST_MS = 1_000;

const stop = new AbortController();
let instance;
let askedAt = 0;

async function main() {
  checkNode();
  const settings = await readSettings();
  await prepare();
  if (stop.signal.aborted) return;
  instance = new Instance(settings);
  await whileWanted(instance.start());
  if (stop.signal.aborted) return;
  const { apiUrl } = instance;
  const { dataDir, root } = settings;
  await whileWanted(
    Promise.race([quickstart({ apiUrl, dataDir, root, signal: stop.signal, step, say }), instance.anyEnds()]),
  );
  if (stop.signal.aborted) return;
  say('Press Ctrl-C to drain and stop; once more to stop at once.');
  await whileWanted(instance.anyEnds());
}

/** Ends early, and well, when the user asks to stop. */
async function whileWanted(work) {
  const asked = new Promise((resolve) => {
    if (stop.signal.aborted) resolve();
    else stop.signal.addEventListener('abort', resolve, { once: true });
  });
  // Whatever still fails after that is the stop itself.
  work.catch((error) => {
    if (!stop.signal.aborted) return;
    if (error?.name !== 'AbortError') process.stderr.write(`${error?.message}\n`);
  });
  await Promise.race([work, asked]);
}

function onSignal() {
  if (!stop.signal.aborted) {
    askedAt = performance.now();
    say('');
    stop.abort();
    return;
  }
  // Ctrl-C reaches us twice: from the terminal, and passed on by npm.
  if (performance.now() - askedAt < SAME_REQUEST_MS) return;
  say('Stopping at once, without draining.');
  void instance?.killServices();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
// A terminal that has gone must not keep the services from being stopped.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

let status = 0;
try {
  await main();
} catch (error) {
  // What fails because it was asked to stop did not fail.
  if (!stop.signal.aborted) {
    report(error);
    status = 1;
  }
} finally {
  stop.abort();
  await instance?.stop();
}
process.exit(status);
