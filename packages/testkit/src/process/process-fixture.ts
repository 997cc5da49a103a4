import { ProcessGroup, type ProcessOptions } from './process-group.js';

/** The processes of one test. */
export class ProcessFixture {
  readonly #started: ProcessGroup[] = [];

  /** Starts a Node.js program, such as `apps/scheduler/dist/main.js`. */
  async node(
    file: string,
    args: readonly string[] = [],
    options: ProcessOptions = {},
  ): Promise<ProcessGroup> {
    return this.start(process.execPath, ['--enable-source-maps', file, ...args], {
      name: file,
      ...options,
    });
  }

  /** Starts any program. */
  async start(
    command: string,
    args: readonly string[] = [],
    options: ProcessOptions = {},
  ): Promise<ProcessGroup> {
    const group = await ProcessGroup.start(command, args, options);
    this.#started.push(group);
    return group;
  }

  /** Those that have not ended. */
  get running(): readonly ProcessGroup[] {
    return this.#started.filter((group) => group.isRunning);
  }

  /** Ends everything at once; meant for `afterEach`. */
  async killAll(): Promise<void> {
    await Promise.all(this.#started.splice(0).map(async (group) => group.kill()));
  }
}
