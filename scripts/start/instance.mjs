import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Refusal, say, step } from '../console/progress.mjs';
import { cacheDir } from '../paths.mjs';
import { provideRedis, withoutPassword } from '../redis/provide.mjs';
import { untilHealthy } from './health.mjs';
import { lockDataDir } from './lock.mjs';
import { ServiceProcess } from './service-process.mjs';
import { services } from './services.mjs';

const READY_TIMEOUT_MS = 60_000;

/** Everything that one `npm start` runs; each part is stopped in the reverse of the order it started in. */
export class Instance {
  #settings;
  #running = [];
  #redis;
  #unlock;
  #stopping;
  #surroundings;
  #fail;
  #failed = new Promise((_resolve, reject) => (this.#fail = reject));

  /** @param {{root: string, port: number, dataDir: string, logDir: string}} settings */
  constructor(settings) {
    this.#settings = settings;
    // Whoever waits for it hears of it; until then it is not unhandled.
    this.#failed.catch(() => undefined);
  }

  get apiUrl() {
    return `http://127.0.0.1:${this.#settings.port}`;
  }

  /** Redis, then every service, until the API answers. */
  async start(env = process.env) {
    const { dataDir, logDir } = this.#settings;
    this.#unlock = await lockDataDir(dataDir);
    await mkdir(logDir, { recursive: true });
    await step('Providing Redis', async (update) => {
      this.#redis = await provideRedis({ dir: path.join(dataDir, 'redis'), cacheDir, env, update });
    });
    say(`  Redis is ${withoutPassword(this.#redis.url)} (${this.#redis.from})`);
    await step('Starting the services', (update) => this.#startServices(env, update));
    // Where the phi command looks for an instance on another port.
    await writeFile(path.join(dataDir, 'api.url'), `${this.apiUrl}\n`);
  }

  /** Rejects when a service ends though nobody asked it to; never resolves. */
  anyEnds() {
    return this.#failed;
  }

  /** Those that run now and whose names begin so. */
  running(prefix) {
    return this.#running.filter(({ name }) => name.startsWith(prefix));
  }

  /** Lets services finish what they do and starts them again, one after another. */
  async restart(prefix) {
    for (const old of this.running(prefix)) {
      this.#running.splice(this.#running.indexOf(old), 1);
      await old.stop();
      if (this.#stopping !== undefined) return;
      await this.#launch(old.service).ready;
    }
  }

  /** Drains and stops everything; asked again, it answers the same. */
  stop() {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  /** Ends every service at once, for those who ask twice. */
  async killServices() {
    await Promise.all(this.#running.map((service) => service.kill()));
  }

  async #startServices(env, update) {
    const { root, logDir } = this.#settings;
    this.#surroundings = { root, logDir, env: this.#serviceEnv(env) };
    const waiting = new Set();
    for (const service of services(env)) {
      if (this.#stopping !== undefined) return;
      waiting.add(service.name);
      this.#launch(service);
    }
    update([...waiting].join(', '));
    const allReady = this.#running.map(async (service) => {
      await service.ready;
      waiting.delete(service.name);
      update([...waiting].join(', '));
    });
    await Promise.race([Promise.all(allReady), late(() => [...waiting])]);
    await Promise.race([untilHealthy(this.apiUrl), this.anyEnds()]);
  }

  #launch(service) {
    const launched = new ServiceProcess(service, this.#surroundings);
    this.#running.push(launched);
    void launched.ended.then((how) => {
      const isWanted = this.#stopping !== undefined || !this.#running.includes(launched);
      if (!isWanted) this.#fail(launched.failure(how));
    });
    return launched;
  }

  #serviceEnv(env) {
    const { port, dataDir, root } = this.#settings;
    return {
      ...env,
      REDIS_URL: this.#redis.url,
      PHI_DATA_DIR: dataDir,
      PHI_API_PORT: String(port),
      PHI_NAMESPACE: env.PHI_NAMESPACE || 'default',
      PHI_ENV: env.PHI_ENV || 'development',
      PHI_SOURCE_DIR: env.PHI_SOURCE_DIR || exampleData(root),
      // Nothing is a choice as well.
      PHI_MODULES: env.PHI_MODULES ?? path.join(root, 'examples', 'modules.yaml'),
    };
  }

  async #stopAll() {
    const running = this.#running.filter((service) => service.isRunning);
    if (running.length > 0) {
      await step('Stopping the services', async (update) => {
        const left = new Set(running.map((service) => service.name));
        await Promise.all(
          running.map(async (service) => {
            const outcome = await service.stop();
            left.delete(service.name);
            update(outcome === 'killed' ? `${service.name} had to be killed` : [...left].join(', '));
          }),
        );
      });
    }
    if (this.#redis?.isOurs) await step('Stopping Redis', () => this.#redis.stop());
    else await this.#redis?.stop();
    await this.#unlock?.();
  }
}

/** The directory that the example jobs read from. */
function exampleData(root) {
  return path.join(root, 'examples', 'node_modules', 'vega-datasets', 'data');
}

function late(who) {
  return new Promise((_resolve, reject) => {
    setTimeout(() => {
      reject(new Refusal(`not ready within ${READY_TIMEOUT_MS / 1000} s: ${who().join(', ')}`));
    }, READY_TIMEOUT_MS).unref();
  });
}
