import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Refusal, step } from '../console/progress.mjs';
import { root } from '../paths.mjs';
import { run } from '../process/run.mjs';

const LOG = path.join(root, '.phi', 'logs', 'build.log');

/**
 * Builds every package and app; turbo takes what has not changed from its cache.
 *
 * @param {NodeJS.ProcessEnv} env as `install` answers it
 * @throws {Refusal} with the compiler's errors
 */
export async function compile(env) {
  await step('Building', async (update) => {
    const errors = [];
    const { code, tail } = await run(
      'turbo',
      ['run', 'build', '--output-logs=errors-only', '--log-order=grouped', '--ui=stream'],
      {
        cwd: root,
        env: { ...env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NO_UPDATE_NOTIFIER: '1' },
        logFile: LOG,
        onLine: (line) => {
          if (/error TS\d+|^.*\berror\b/iu.test(line)) errors.push(line);
          update(line);
        },
      },
    );
    if (code !== 0) {
      throw new Refusal(`the build failed; the whole log is in ${LOG}`, errors.join('\n') || tail);
    }
  });
  await linkCli();
}

/** `npx phi` looks here; npm leaves the folder alone, because pnpm owns it. */
async function linkCli() {
  const bin = path.join(root, 'node_modules', '.bin');
  const main = path.join('..', '..', 'apps', 'cli', 'dist', 'main.js');
  await mkdir(bin, { recursive: true });
  const shell = `#!/bin/sh\nexec node "$(dirname "$(readlink -f "$0")")/${main}" "$@"\n`;
  await writeFile(path.join(bin, 'phi'), shell, { mode: 0o755 });
  const windows = `@node "%~dp0\\${main.replaceAll('/', '\\')}" %*\r\n`;
  await writeFile(path.join(bin, 'phi.cmd'), windows);
}
