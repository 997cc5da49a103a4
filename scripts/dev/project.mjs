import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { Refusal } from '../console/progress.mjs';

const DEFINITIONS = /\.(?:ya?ml|json)$/u;
const CODE = /\.(?:[cm]?js|m?ts)$/u;
const MODULES = 'modules.yaml';

/** What `phi dev` is run on: a directory with definitions, `modules.yaml` and handlers. */
export class Project {
  /**
   * @param {string} directory
   * @throws {Refusal} there is no such directory
   */
  constructor(directory) {
    this.directory = path.resolve(directory);
    if (statSync(this.directory, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new Refusal(`${directory} is not a directory; accepted: one with jobs/*.yaml or *.yaml in it`);
  }

  /** Of modules; undefined where there is none. */
  get modulesFile() {
    const file = path.join(this.directory, MODULES);
    return existsSync(file) ? file : undefined;
  }

  /** Files of definitions, those of modules left out: `jobs/` where there is one, else the directory itself. */
  get definitionFiles() {
    return readdirSync(this.#definitions)
      .filter((name) => DEFINITIONS.test(name) && !this.isModulesFile(path.join(this.#definitions, name)))
      .filter((name) => !['package.json', 'tsconfig.json'].includes(name))
      .map((name) => path.join(this.#definitions, name))
      .sort();
  }

  isModulesFile(file) {
    return path.resolve(this.directory, file) === path.join(this.directory, MODULES);
  }

  isDefinition(file) {
    const isBeside = path.dirname(path.resolve(this.directory, file)) === this.#definitions;
    return isBeside && DEFINITIONS.test(file) && !this.isModulesFile(file);
  }

  isCode(file) {
    return CODE.test(file);
  }

  get #definitions() {
    const jobs = path.join(this.directory, 'jobs');
    return existsSync(jobs) ? jobs : this.directory;
  }
}
