import { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { killOwnFamily } from '../processes/kill-own-family.js';
import { MESSAGE_FD } from './channels.js';
import { serveAttempts } from './child-server.js';
import { childSetupSchema } from './child-setup.js';
import { loadModules } from './load-modules.js';
import { messageLine, readMessages } from './message-lines.js';
import { END_OF_ATTEMPT } from './messages.js';
import type { ChildMessage } from './messages.js';
import { startGuard } from './orphan-guard.js';

const setup = childSetupSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
const guard = startGuard(setup.parent_pid);

const parent = new Socket({ fd: MESSAGE_FD, readable: true, writable: true });

const send = (message: ChildMessage): void => {
  // Without a parent there is nobody to tell, and this process is about to end.
  if (parent.writable) parent.write(messageLine(message));
};

const mark = async (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write(`${END_OF_ATTEMPT}\n`, () => {
      resolve();
    });
  });

const onMessage = serveAttempts(loadModules(setup.modules), {
  send,
  endOutput: async () => {
    await Promise.all([mark(process.stdout), mark(process.stderr)]);
  },
  beat: (everyMs) => {
    guard.beat(everyMs);
  },
  now: () => performance.now(),
});
readMessages(
  parent,
  {
    onMessage: (raw) => void onMessage(raw),
    onBreach: killOwnFamily,
    onEnd: killOwnFamily,
  },
  Infinity,
);
send({ type: 'ready' });
