import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { Refusal } from '../console/progress.mjs';
import { hasEnded, spawnGroup, stopGroup } from '../process/group.mjs';

const TAIL_LINES = 20;

/** One service of `npm start`: a process whose log is kept and whose end is noticed. */
export class ServiceProcess {
  #child;
  #tail = [];
  #graceMs;

  /** Settles when it has said that it is ready; rejects when it ended before. */
  ready;
  /** Resolves with how it ended, once everything that it printed is in its log. */
  ended;

  /**
   * @param {{name: string, main: string, graceMs: number}} service
   * @param {{root: string, logDir: string, env: NodeJS.ProcessEnv}} surroundings
   */
  constructor(service, { root, logDir, env }) {
    this.service = service;
    this.name = service.name;
    this.logFile = path.join(logDir, `${service.name}.log`);
    this.#graceMs = service.graceMs;
    this.#child = spawnGroup(process.execPath, ['--enable-source-maps', service.main], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = this.#keepLog();
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      // `exit` can come before the last line was read.
      this.#child.once('close', (code, signal) => log.end(() => resolve(signal ?? `status ${code}`)));
    });
    this.ready = this.#awaitReady();
    // Whoever waits for it hears of a failure; until then it is not unhandled.
    this.ready.catch(() => undefined);
  }

  /** What to say when it ended though nobody asked it to. */
  failure(how) {
    return new Refusal(
      `${this.name} ended with ${how}; its log is ${this.logFile}`,
      this.#tail.map((line) => `${this.name} | ${line}`).join('\n'),
    );
  }

  /** Lets it finish what it does, and makes sure that it ends. */
  stop() {
    return stopGroup(this.#child, this.#graceMs);
  }

  /** Ends it and all it started, at once. */
  kill() {
    return stopGroup(this.#child, 0);
  }

  /** Has an executor load its handlers anew. */
  reload() {
    const reloaded = new Promise((resolve) => {
      const lines = createInterface({ input: this.#child.stdout });
      lines.on('line', (line) => {
        if (messageOf(line) !== 'handlers reloaded') return;
        lines.removeAllListeners('line');
        resolve();
      });
    });
    this.#child.kill('SIGHUP');
    return Promise.race([reloaded, this.ended]);
  }

  get isRunning() {
    return !hasEnded(this.#child);
  }

  #keepLog() {
    const log = createWriteStream(this.logFile, { flags: 'a' });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.pipe(log, { end: false });
      createInterface({ input: stream }).on('line', (line) => {
        if (this.#tail.push(line) > TAIL_LINES) this.#tail.shift();
      });
    }
    return log;
  }

  #awaitReady() {
    return new Promise((resolve, reject) => {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        if (messageOf(line) === 'ready') resolve();
      });
      void this.ended.then((how) => reject(this.failure(how)));
    });
  }
}

function messageOf(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line).msg;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
