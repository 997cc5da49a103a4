import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freePort } from '../net/free-port.js';
import { ProcessGroup } from '../process/process-group.js';
import { redisProgram } from './environment.js';

const READY = 'Ready to accept connections';
const PORT_ATTEMPTS = 5;

export interface RedisServerOptions {
  /** Where it keeps its data; default: a directory that `stop` removes. */
  readonly dir?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Redis configuration by name, over what the services ask for. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A Redis server that belongs to one test, to be paused, killed and started again. */
export class RedisServer {
  readonly dir: string;
  readonly port: number;
  readonly url: string;
  readonly #config: Readonly<Record<string, string>>;
  readonly #ownsDir: boolean;
  #process: ProcessGroup;

  private constructor(started: ProcessGroup, settings: Settings) {
    this.#process = started;
    this.dir = settings.dir;
    this.port = settings.port;
    this.url = `redis://127.0.0.1:${settings.port}`;
    this.#config = settings.config;
    this.#ownsDir = settings.ownsDir;
  }

  /** Starts a server; with a port given, on that port or not at all. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const dir = options.dir ?? (await mkdtemp(path.join(tmpdir(), 'phi-redis-')));
    const config = options.config ?? {};
    const ownsDir = options.dir === undefined;
    for (let attempt = 1; ; attempt += 1) {
      const port = options.port ?? (await freePort());
      const settings = { dir, port, config, ownsDir };
      try {
        return new RedisServer(await launch(settings), settings);
      } catch (error) {
        // Another process took the port between the look and the start: look again.
        const taken = String(error).includes('Address already in use');
        if (!taken || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Freezes it: connections stay open and nothing answers. */
  pause(): void {
    this.#process.pause();
  }

  /** Lets a paused server go on. */
  resume(): void {
    this.#process.resume();
  }

  /** SIGKILL: what it had not written is lost. */
  async kill(): Promise<void> {
    await this.#process.kill();
  }

  /** Ends it in order, its data kept. */
  async shutdown(): Promise<void> {
    this.#process.resume();
    await this.#process.stop();
  }

  /** Starts it again on the same port and data, after `kill` or `shutdown`. */
  async restart(): Promise<void> {
    if (this.#process.isRunning) await this.shutdown();
    this.#process = await launch({
      dir: this.dir,
      port: this.port,
      config: this.#config,
      ownsDir: this.#ownsDir,
    });
  }

  /** Ends it and removes the data it was given no directory for; meant for `afterEach`. */
  async stop(): Promise<void> {
    await this.#process.kill();
    if (this.#ownsDir) await rm(this.dir, { recursive: true, force: true });
  }
}

/** Starts a private Redis server; see {@link RedisServer}. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  return RedisServer.start(options);
}

interface Settings {
  readonly dir: string;
  readonly port: number;
  readonly config: Readonly<Record<string, string>>;
  readonly ownsDir: boolean;
}

async function launch(settings: Settings): Promise<ProcessGroup> {
  const program = redisProgram();
  const config = {
    port: String(settings.port),
    bind: '127.0.0.1',
    dir: settings.dir,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    hz: '100',
    logfile: '',
    ...settings.config,
  };
  const args = Object.entries(config).flatMap(([name, value]) => [`--${name}`, value]);
  const started = await ProcessGroup.start(program.binary, args, {
    name: `redis on port ${settings.port}`,
    env: program.env,
  });
  await started.output.waitFor(READY);
  return started;
}
