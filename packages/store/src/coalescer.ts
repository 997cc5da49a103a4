interface Waiting<Command, Result> {
  readonly command: Command;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Joins the commands of one tick of the event loop into one script call, each with its own result.
 * A call that fails fails every command it carried: each sender repeats its own, by its operation id.
 */
export class Coalescer<Command, Result> {
  private waiting: Waiting<Command, Result>[] = [];

  /**
   * @param send - sends commands in order and answers as many results
   * @param atMost - commands in one call
   */
  constructor(
    private readonly send: (commands: readonly Command[]) => Promise<readonly Result[]>,
    private readonly atMost: number,
  ) {}

  submit(command: Command): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ command, resolve, reject });
      if (this.waiting.length === 1) setImmediate(() => this.flush());
    });
  }

  private flush(): void {
    const all = this.waiting;
    this.waiting = [];
    for (let at = 0; at < all.length; at += this.atMost) void this.sendGroup(all.slice(at, at + this.atMost));
  }

  private async sendGroup(group: readonly Waiting<Command, Result>[]): Promise<void> {
    try {
      const results = await this.send(group.map((entry) => entry.command));
      group.forEach((entry, index) => {
        const result = results[index];
        if (result === undefined)
          entry.reject(new Error('the script answered fewer results than it got commands'));
        else entry.resolve(result);
      });
    } catch (error) {
      for (const entry of group) entry.reject(error);
    }
  }
}
