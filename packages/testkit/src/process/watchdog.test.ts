import { connect } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, it } from '@jest/globals';

import { withDeadline } from '../signals/deadline.js';
import { ProcessFixture } from './process-fixture.js';

const processes = new ProcessFixture();

afterEach(async () => {
  await processes.killAll();
});

it('kills what a killed test process leaves behind', async () => {
  const testkit = pathToFileURL(path.resolve('packages/testkit/dist/index.js')).href;
  const owner = await processes.start(process.execPath, [
    '--input-type=module',
    '-e',
    `import { ProcessGroup } from '${testkit}';
     const group = await ProcessGroup.start(process.execPath, ['-e',
       "const s = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port))"]);
     console.log('port ' + (await group.output.waitFor(/^\\d+$/)));
     setInterval(() => {}, 1000);`,
  ]);
  const port = Number((await owner.output.waitFor(/^port \d+/u)).slice('port '.length));
  const connection = connect(port, '127.0.0.1');
  await new Promise((resolve) => connection.once('connect', resolve));
  const hungUp = new Promise((resolve) => {
    connection.once('close', resolve);
    connection.on('error', () => undefined);
  });

  await owner.kill();

  await withDeadline(hungUp, 'the orphan to be killed');
});
