import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Another process of this machine uses the directory. */
export class DirectoryTaken extends Error {
  override readonly name = 'DirectoryTaken';
}

/**
 * Takes a directory for this process alone, until it ends, however it ends: a socket that somebody answers at tells that it is taken, one
 * that nobody does was left behind.
 *
 * @returns gives it back
 * @throws DirectoryTaken
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const name = createHash('sha256').update(realpathSync(directory)).digest('hex').slice(0, 24);
  const path = join(tmpdir(), `phi-modules-${name}.sock`);
  const server = createServer((socket) => socket.destroy());
  if (!(await listens(server, path))) {
    if (await answers(path)) throw taken(directory);
    rmSync(path, { force: true });
    if (!(await listens(server, path))) throw taken(directory);
  }
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function taken(directory: string): DirectoryTaken {
  return new DirectoryTaken(`${directory} is used by another module server`);
}

function listens(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    };
    server.once('error', onError);
    server.listen(path, () => {
      server.removeListener('error', onError);
      resolve(true);
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
