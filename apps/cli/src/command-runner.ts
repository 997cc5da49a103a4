import type { Command } from 'commander';

import type { Context } from './context.js';
import type { ExitStatus } from './exit-status.js';
import type { GlobalOptions } from './options.js';

/** Gives a command's action its context, and takes the status it ends with. */
export class CommandRunner {
  #status: ExitStatus = 0;

  constructor(private readonly createContext: (options: GlobalOptions) => Context) {}

  /** How the command that ran has ended. */
  get status(): ExitStatus {
    return this.#status;
  }

  /**
   * An action for commander.
   *
   * @param body - gets the command's arguments as they were parsed, and its options
   */
  action<Args extends readonly unknown[], Options extends object>(
    body: (context: Context, args: Args, options: Options) => Promise<ExitStatus>,
  ): (this: Command, ...parsed: unknown[]) => Promise<void> {
    const run = async (command: Command): Promise<void> => {
      const context = this.createContext(command.optsWithGlobals<GlobalOptions>());
      // A command takes its own options also where they follow the name of one below it, which has the same.
      const options = command.optsWithGlobals<Options>();
      this.#status = await body(context, command.processedArgs as unknown as Args, options);
    };
    return function invoke(this: Command) {
      return run(this);
    };
  }
}
