import { afterEach, describe, expect, it } from '@jest/globals';

import { ProcessFixture } from './process-fixture.js';

const processes = new ProcessFixture();

afterEach(async () => {
  await processes.killAll();
});

async function script(source: string): ReturnType<ProcessFixture['start']> {
  return processes.start(process.execPath, ['-e', source], { name: 'script' });
}

const FOREVER = 'setInterval(() => {}, 1000);';

describe('ProcessGroup', () => {
  it('waits for a line, whichever stream it comes on', async () => {
    const group = await script('console.log("one"); console.error("two 2");');
    await expect(group.output.waitFor('one')).resolves.toBe('one');
    await expect(group.output.waitFor(/two \d/u)).resolves.toBe('two 2');
    await expect(group.ended).resolves.toEqual({ code: 0, signal: null });
  });

  it('says what a process printed when the line never comes', async () => {
    const group = await script('console.log("something else"); process.exit(3);');
    await expect(group.output.waitFor('ready')).rejects.toThrow('script ended with status 3\nsomething else');
  });

  it('gives up on a line after the deadline', async () => {
    const group = await script(`console.log("up"); ${FOREVER}`);
    await group.output.waitFor('up');
    await expect(group.output.waitFor('down', { ms: 50 })).rejects.toThrow(
      'waited 50 ms for a line matching down\nup',
    );
  });

  it('lets a process end in order', async () => {
    const group = await script(
      `process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); console.log('up'); ${FOREVER}`,
    );
    await group.output.waitFor('up');
    await expect(group.stop()).resolves.toEqual({ code: 0, signal: null });
    expect(group.output.all).toEqual(['up', 'bye']);
  });

  it('kills a process that does not end, and says so', async () => {
    const group = await script(`process.on('SIGTERM', () => {}); console.log('up'); ${FOREVER}`);
    await group.output.waitFor('up');
    await expect(group.stop(50)).rejects.toThrow('waited 50 ms for script to stop');
    await expect(group.ended).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('kills the children of its children', async () => {
    const group = await script(`
      require('node:child_process').spawn(process.execPath, ['-e', 'console.log("born"); ${FOREVER}'], { stdio: 'inherit' });
      ${FOREVER}`);
    await group.output.waitFor('born');
    // The grandchild holds the same pipes: the end comes only when it is gone too.
    await expect(group.kill()).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('says which program cannot be started', async () => {
    await expect(processes.start('/nowhere/program')).rejects.toThrow('/nowhere/program');
  });
});
