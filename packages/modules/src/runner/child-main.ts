import { performance } from 'node:perf_hooks';
import { serveAttempts } from './child-server.js';
import { childSetupSchema } from './child-setup.js';
import { loadModules } from './load-modules.js';
import { END_OF_ATTEMPT } from './messages.js';
import type { ChildMessage } from './messages.js';
import { startOrphanGuard } from './orphan-guard.js';

const send = (message: ChildMessage): void => {
  // Without a parent there is nobody to tell, and the orphan guard ends this process.
  if (process.connected) process.send?.(message);
};

const mark = async (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write(`${END_OF_ATTEMPT}\n`, () => {
      resolve();
    });
  });

const setup = childSetupSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
startOrphanGuard(setup.parent_pid);

const onMessage = serveAttempts(await loadModules(setup.modules), {
  send,
  endOutput: async () => {
    await Promise.all([mark(process.stdout), mark(process.stderr)]);
  },
  now: () => performance.now(),
});
process.on('message', (raw) => void onMessage(raw));
send({ type: 'ready' });
