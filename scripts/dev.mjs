// phi dev [DIR]: Redis, every service, and the definitions and handlers of a directory, brought in again as they change.
import path from 'node:path';

import { report, say, step } from './console/progress.mjs';
import { LiveProject } from './dev/live-project.mjs';
import { Project } from './dev/project.mjs';
import { watchTree } from './dev/watch-tree.mjs';
import { freePort, isTaken } from './process/free-port.mjs';
import { untilAsked } from './process/until-asked.mjs';
import { Instance } from './start/instance.mjs';
import { readSettings } from './start/settings.mjs';

const USUAL_PORT = 8080;

const { stop, whileWanted } = untilAsked(() => instance?.killServices());
let instance;
let endWatch;

async function main([directory = '.']) {
  const project = new Project(directory);
  const env = await environmentOf(project);
  const settings = await readSettings(env);
  instance = new Instance(settings);
  await whileWanted(instance.start(env));
  if (stop.aborted) return;
  const live = new LiveProject(project, instance, settings);
  await whileWanted(Promise.race([begin(live, project), instance.anyEnds()]));
  if (stop.aborted) return;
  say(`API ${instance.apiUrl}; logs of the services in ${settings.logDir}`);
  say(`Watching ${project.directory}. Press Ctrl-C to drain and stop; once more to stop at once.`);
  await whileWanted(instance.anyEnds());
}

/** Watched before it is read: what changes in between is not missed. */
async function begin(live, project) {
  let isApplied;
  const applied = new Promise((resolve) => (isApplied = resolve));
  endWatch = await watchTree(project.directory, async (files) => {
    await applied;
    await live.take(files).catch(report);
  });
  await step('Applying the definitions', () => live.apply());
  isApplied();
}

/** The project keeps its state beside it, where `phi` finds it. */
async function environmentOf(project) {
  const { env } = process;
  const port = (await isTaken(USUAL_PORT)) ? await freePort() : USUAL_PORT;
  return {
    ...env,
    PHI_API_PORT: env.PHI_API_PORT || String(port),
    PHI_DATA_DIR: env.PHI_DATA_DIR || path.join(project.directory, '.phi'),
    PHI_SOURCE_DIR: env.PHI_SOURCE_DIR || project.directory,
    PHI_MODULES: env.PHI_MODULES ?? project.modulesFile ?? '',
  };
}

let status = 0;
try {
  await main(process.argv.slice(2));
} catch (error) {
  // What fails because it was asked to stop did not fail.
  if (!stop.aborted) {
    report(error);
    status = 1;
  }
} finally {
  endWatch?.();
  await instance?.stop();
}
process.exit(status);
