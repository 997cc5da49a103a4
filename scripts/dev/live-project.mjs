import { spawn } from 'node:child_process';
import path from 'node:path';

import { say } from '../console/progress.mjs';

/** Brings what changes in a project into a running instance, and says what became of it. */
export class LiveProject {
  #project;
  #instance;
  #phi;

  /**
   * @param {import('./project.mjs').Project} project
   * @param {import('../start/instance.mjs').Instance} instance
   * @param {{root: string, dataDir: string}} settings
   */
  constructor(project, instance, { root, dataDir }) {
    this.#project = project;
    this.#instance = instance;
    const main = path.join(root, 'apps', 'cli', 'dist', 'main.js');
    const env = { ...process.env, PHI_API_URL: instance.apiUrl, PHI_DATA_DIR: dataDir };
    this.#phi = (...args) => run(process.execPath, [main, ...args], { cwd: project.directory, env });
  }

  /** @param {string[]} files relative to the project */
  async take(files) {
    const project = this.#project;
    if (files.some((file) => project.isModulesFile(file))) await this.#rebind();
    if (files.some((file) => project.isDefinition(file))) await this.apply();
    const code = files.filter((file) => project.isCode(file));
    if (code.length > 0) await this.#reload(code);
  }

  /** Registers every definition; where one is wrong, all stay as they were. */
  async apply() {
    const files = this.#project.definitionFiles;
    if (files.length === 0) return say('No definitions yet: write one to jobs/*.yaml.');
    const names = files.map((file) => path.relative(this.#project.directory, file));
    const { status, stdout, stderr } = await this.#phi('apply', ...names, '-o', 'json');
    if (status !== 0) return refuse(stderr, 'The definitions stay as they were.');
    if (stderr !== '') say(stderr.trimEnd());
    const changes = JSON.parse(stdout).changes.filter(({ change }) => change !== 'UNCHANGED');
    for (const { job_id, change, revision } of changes)
      say(`✓ ${job_id} ${change.toLowerCase()}, revision ${revision}`);
    if (changes.length === 0) say('✓ nothing changed in the definitions');
  }

  /** The bindings are read when an executor starts. */
  async #rebind() {
    const file = this.#project.modulesFile;
    if (file !== undefined) {
      const { status, stdout, stderr } = await this.#phi('validate', path.basename(file));
      if (status !== 0) return refuse(stdout + stderr, 'The modules stay as they were.');
    }
    await this.#instance.restart('executor');
    say('✓ modules.yaml changed: the executors have started again with it');
  }

  async #reload(files) {
    await Promise.all(this.#instance.running('executor').map((executor) => executor.reload()));
    say(`✓ ${files.join(', ')} changed: the next execution runs it`);
  }
}

function refuse(problems, consequence) {
  say(problems.trimEnd());
  say(`✗ ${consequence}`);
}

function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
    child.once('error', reject).once('close', (status) => resolve({ status, ...output }));
  });
}
