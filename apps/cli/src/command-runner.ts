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
      this.#status = await body(
        context,
        command.processedArgs as unknown as Args,
        ownOptions<Options>(command),
      );
    };
    return function invoke(this: Command) {
      return run(this);
    };
  }
}

/**
 * The options of a command. One that the command above it has as well was taken by that, also where it follows the name of this one.
 */
function ownOptions<Options>(command: Command): Options {
  const own = new Set(command.options.map((option) => option.attributeName()));
  const taken = Object.entries(command.optsWithGlobals()).filter(([name]) => own.has(name));
  return Object.fromEntries(taken) as Options;
}
