// npm start: from a fresh clone to running services with the example pipelines run. Ctrl-C drains and stops.
import { prepare } from './bootstrap/prepare.mjs';
import { checkNode } from './bootstrap/node-version.mjs';
import { report, say, step } from './console/progress.mjs';
import { untilAsked } from './process/until-asked.mjs';
import { quickstart } from './quickstart.mjs';
import { Instance } from './start/instance.mjs';
import { readSettings } from './start/settings.mjs';

const { stop, whileWanted } = untilAsked(() => instance?.killServices());
let instance;

async function main() {
  checkNode();
  const settings = await readSettings();
  await prepare();
  if (stop.aborted) return;
  instance = new Instance(settings);
  await whileWanted(instance.start());
  if (stop.aborted) return;
  const { apiUrl } = instance;
  const { dataDir, root } = settings;
  await whileWanted(
    Promise.race([quickstart({ apiUrl, dataDir, root, signal: stop, step, say }), instance.anyEnds()]),
  );
  if (stop.aborted) return;
  say('Press Ctrl-C to drain and stop; once more to stop at once.');
  await whileWanted(instance.anyEnds());
}

let status = 0;
try {
  await main();
} catch (error) {
  // What fails because it was asked to stop did not fail.
  if (!stop.aborted) {
    report(error);
    status = 1;
  }
} finally {
  await instance?.stop();
}
process.exit(status);
