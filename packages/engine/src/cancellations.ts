/** Who is told when an execution that runs here is asked to stop. */
export class Cancellations {
  /** Several for an execution that is delivered twice: all but one of these are declined. */
  private readonly watchers = new Map<string, Set<() => void>>();

  /**
   * @param stop - called at most once, and not any more after what is returned was called
   * @returns ends the watch
   */
  watch(executionId: string, stop: () => void): () => void {
    const watching = this.watchers.get(executionId) ?? new Set();
    this.watchers.set(executionId, watching.add(stop));
    return () => {
      watching.delete(stop);
      if (watching.size === 0 && this.watchers.get(executionId) === watching)
        this.watchers.delete(executionId);
    };
  }

  /** Says that an execution is to stop; nothing where it does not run here. */
  announce(executionId: string): void {
    const watching = this.watchers.get(executionId);
    this.watchers.delete(executionId);
    for (const stop of watching ?? []) stop();
  }
}
