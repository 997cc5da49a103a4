import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, it } from '@jest/globals';

import { withDeadline } from '../signals/deadline.js';
import { ProcessFixture } from './process-fixture.js';

const processes = new ProcessFixture();

let connection: Socket | undefined;

afterEach(async () => {
  connection?.destroy();
  await processes.killAll();
});

it('kills what a killed test process leaves behind, after others have ended', async () => {
  const testkit = pathToFileURL(path.resolve('packages/testkit/dist/index.js')).href;
  const owner = await processes.start(process.execPath, [
    '--input-type=module',
    '-e',
    `import { ProcessGroup } from '${testkit}';
     const brief = async () => (await ProcessGroup.start(process.execPath, ['-e', ''])).ended;
     await brief();
     const group = await ProcessGroup.start(process.execPath, ['-e',
       // Where nobody kills it, it ends with the connection.
       "const s = require('node:net').createServer((c) => c.on('close', () => process.exit()).resume()).listen(0, '127.0.0.1', () => console.log(s.address().port))"]);
     // One after the other: whatever the end of the first leads to has happened.
     await brief();
     await brief();
     console.log('port ' + (await group.output.waitFor(/^\\d+$/)));
     setInterval(() => {}, 1000);`,
  ]);
  const port = Number((await owner.output.waitFor(/^port \d+/u)).slice('port '.length));
  const held = connect(port, '127.0.0.1').on('error', () => undefined);
  connection = held;
  const hungUp = new Promise((resolve) => held.once('close', resolve));
  await withDeadline(new Promise((resolve) => held.once('connect', resolve)), 'the orphan to answer');

  await owner.kill();

  await withDeadline(hungUp, 'the orphan to be killed');
});
